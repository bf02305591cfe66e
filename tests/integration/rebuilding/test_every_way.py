"""Every view is the same however it was built: followed, or rebuilt by any number of workers."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace

from domain.events.identity.accounts import (
    AccountEvent,
    AccountRegistered,
    ServiceAccountRegistered,
)
from domain.events.lists import ListCreated, ListEvent
from domain.events.notifications import InboxRead, NotificationEvent, NotificationRequested
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.operations import ViewRunEvent, ViewRunRequested
from domain.events.recorded import AnyEvent, Recorded
from domain.events.reminders import ReminderEvent, ReminderSet
from domain.events.searches import SavedSearchEvent, SearchSaved
from domain.events.series import SeriesEvent, SeriesOccurrenceMissed, SeriesStarted
from domain.events.tasks import TaskCreated, TaskEvent, TaskUpdated
from domain.vocabulary import ChannelName
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.rebuilding.verification import verify
from projections.catalogue import VIEWS
from projections.view import View
from tests.bench.big_log import write
from tests.golden.samples import SAMPLES
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import EIGHT, recorded
from tests.support.seed import seeded

pytestmark = pytest.mark.anyio

STREAMS, EVENTS_A_STREAM = 250, 8
OWNERS = [UUID(int=0xACC0 + number) for number in range(5)]
CHANGES = [None, *(UUID(int=0xC000 + number) for number in range(60))]
TITLES = ["Water the plants", "water the  PLANTS", "Feed the cat", "Pay", "Call"]
KINDS: Sequence[tuple[Any, Sequence[type[Any]]]] = (
    (TaskEvent, (TaskCreated, TaskOccurrenceGenerated)),
    (TaskEvent, (TaskCreated,)),
    (SeriesEvent, (SeriesStarted,)),
    (AccountEvent, (AccountRegistered, ServiceAccountRegistered)),
    (NotificationEvent, (NotificationRequested,)),
    (ListEvent, (ListCreated,)),
    (SavedSearchEvent, (SearchSaved,)),
    (ViewRunEvent, (ViewRunRequested,)),
)


def random_log(chance: random.Random) -> Iterator[Recorded]:
    """Lives of streams of every kind, interleaved; many have the same owner and title."""
    by_type = {type(sample): sample for sample in SAMPLES}
    lives: list[list[Recorded]] = []
    tasks: list[UUID] = []
    for number in range(STREAMS):
        kind, beginnings = chance.choice(KINDS)
        stream = UUID(int=chance.getrandbits(128))
        if kind is TaskEvent:
            tasks.append(stream)
        owner = chance.choice(OWNERS)
        if number < len(OWNERS):  # each account has an inbox
            owner = OWNERS[number]
            kind, beginnings, stream = InboxRead, (InboxRead,), uuid5(owner, "inbox")
        possible = [by_type[event] for event in get_args(kind) or (kind,) if event in by_type]
        events = [by_type[chance.choice(beginnings)]]
        events += chance.choices(possible, k=chance.randrange(EVENTS_A_STREAM))
        lives.append(
            [
                recorded(
                    varied(event, stream, owner, tasks, chance), version=version, stream=stream
                )
                for version, event in enumerate(events, start=1)
            ]
        )
    at = EIGHT
    while lives:
        life = chance.choice(lives)
        at += timedelta(hours=chance.randrange(24))
        yield replace(life.pop(0), recorded_at=at, change_id=chance.choice(CHANGES))
        if not life:
            lives.remove(life)


def varied(
    event: AnyEvent, stream: UUID, owner: UUID, tasks: Sequence[UUID], chance: random.Random
) -> AnyEvent:
    """Return the event with an owner, a title and ids of its own."""
    if isinstance(event, TaskUpdated):
        return replace(event, title=chance.choice(TITLES))
    if isinstance(event, TaskCreated | TaskOccurrenceGenerated):
        return replace(event, owner=owner, title=chance.choice(TITLES))
    if isinstance(event, get_args(ReminderEvent)):
        event = replace(event, reminder_id=uuid5(stream, str(chance.randrange(2))))
        return replace(event, owner=owner) if isinstance(event, ReminderSet) else event
    if isinstance(event, SeriesStarted):
        template = replace(event.template, title=chance.choice(TITLES))
        return replace(event, owner=owner, template=template)
    if isinstance(event, SeriesOccurrenceMissed) and tasks:
        return replace(event, task_id=chance.choice(tasks))
    if isinstance(event, NotificationRequested):
        return replace(event, account_id=owner, channel=chance.choice(list(ChannelName)))
    if isinstance(event, ListCreated | SearchSaved):
        return replace(event, owner=owner, name=chance.choice(TITLES))
    if isinstance(event, InboxRead):
        until = EIGHT + timedelta(hours=chance.randrange(1000))
        return replace(event, account_id=owner, until=until)
    return event


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_view_is_the_same_whether_followed_or_rebuilt_by_any_number_of_workers(
    log: Log, view: View[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.rebuilding.bulk_fold.RANGE_EVENTS", 150)
    chance = seeded(f"every way {view.name}")
    write(log.url, random_log(chance))
    await log.folded(view, batch=chance.randrange(20, 200))
    followed = await log.rows(view)
    assert followed
    result = await verify(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
    assert (result.different, list(result.failures)) == (0, [])
    for workers in (2, 4):
        await rebuild(log.url, view, EVENTS, workers=workers, progress=lambda *_: None)
        assert await log.rows(view) == followed
