"""Who is told of what, over which channels, and when not yet."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command
from application.commands.notifications import RequestNotification
from application.reactions.endpoint_reactions import NotifyEndpointDisabled
from application.reactions.notification_reactions import (
    RequestAddressVerification,
    RequestNotifications,
)
from domain.aggregate import State, fold
from domain.events.notifications import NotificationRequested
from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    EndpointAdded,
    EndpointSwitchedOff,
    PreferencesChanged,
)
from domain.events.recorded import AnyEvent
from domain.events.reminders import ReminderSet, ReminderTriggered
from domain.events.tasks import TaskCompleted, TaskCreated
from domain.values.streams import preferences_stream
from domain.vocabulary import ChannelName, EndpointId, ReminderId, Topic
from tests.support.facts import (
    ADA,
    EIGHT,
    NINE,
    TASK,
    history,
    recorded,
)

pytestmark = pytest.mark.anyio

RING, OTHER = ReminderId(UUID(int=2)), ReminderId(UUID(int=3))
HOOK = EndpointId(UUID(int=0xE0))
CREATED = TaskCreated(owner=ADA, title="Water the plants")
ADDRESS = AddressGiven(account_id=ADA, address="ada@annals.example")
VERIFIED = AddressVerified(address="ada@annals.example")
ADDED = EndpointAdded(
    account_id=ADA, endpoint_id=HOOK, channel=ChannelName.WEBHOOK, host="annals.example"
)
QUIET = PreferencesChanged(quiet_from="07:00", quiet_until="12:00")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class World:
    """What stands when a reaction looks: the task, and what Ada wishes."""

    def __init__(self, *preferences: AnyEvent, task: TaskCreated = CREATED) -> None:
        mine = preferences_stream(ADA)
        self._streams = {
            TASK: history(task, stream=TASK),
            mine: history(*preferences, stream=mine),
        }

    async def look(self, blank: State, stream_id: UUID) -> State:
        return fold(blank, self._streams.get(stream_id, []))

    async def told(
        self, event: AnyEvent, *, version: int = 3, at: datetime = EIGHT
    ) -> list[NotificationRequested]:
        fact = recorded(event, version=version, at=at)
        asked = await RequestNotifications().commands(fact, self.look)
        selected = await RequestNotifications().select([fact], self.look)
        assert selected or not asked, "what is left out leads to nothing"
        return [_request(command) for command in asked]


async def test_new_tasks_are_looked_at_for_those_who_subscribed_to_them() -> None:
    facts = history(CREATED, TaskCompleted(), stream=TASK)
    subscribed = World(PreferencesChanged(topics=(Topic.TASK_CREATED,)))
    assert await RequestNotifications().select(facts, subscribed.look) == facts
    assert await RequestNotifications().select(facts, World().look) == facts[1:]
    assert await subscribed.told(CREATED, version=1)


def _request(command: Command[Any]) -> NotificationRequested:
    assert isinstance(command, RequestNotification)
    return command.request


def channels(told: Sequence[NotificationRequested]) -> list[str]:
    return [request.channel for request in told]


RANG = ReminderTriggered(reminder_id=RING, due_at=NINE)


async def test_a_reminder_is_told_in_the_inbox_unless_somebody_wishes_otherwise() -> None:
    [told] = await World().told(RANG)
    assert (told.channel, told.title, told.reminder_id) == ("in_app", "Water the plants", RING)
    assert await World(PreferencesChanged(in_app=False)).told(RANG) == []


async def test_every_channel_that_is_on_is_told_once() -> None:
    world = World(ADDRESS, VERIFIED, ADDED)
    assert channels(await world.told(RANG)) == ["in_app", "email", "webhook"]
    off = World(ADDRESS, VERIFIED, ADDED, EndpointSwitchedOff(endpoint_id=HOOK, why="500"))
    assert channels(await off.told(RANG)) == ["in_app", "email"]


async def test_task_events_are_told_to_who_asked_for_them() -> None:
    assert await World().told(TaskCompleted()) == []
    topics = PreferencesChanged(topics=(Topic.TASK_COMPLETED,))
    [told] = await World(topics).told(TaskCompleted())
    assert told.kind == "task.completed"
    assert await World(topics).told(RANG) == []


async def test_a_reminder_of_a_day_names_the_day() -> None:
    day = date(2030, 1, 1)
    [told] = await World(task=replace(CREATED, due_on=day)).told(RANG)
    assert (told.due_on, told.due_at) == (day, None)


async def test_the_same_fact_asks_for_the_same_notification() -> None:
    world, fact = World(), recorded(RANG, version=3)
    once = await RequestNotifications().commands(fact, world.look)
    again = await RequestNotifications().commands(fact, world.look)
    assert once == again


async def test_two_reminders_of_one_task_in_the_same_minute_are_two_notifications() -> None:
    world = World()
    one = await RequestNotifications().commands(recorded(RANG, version=3), world.look)
    other_ring = ReminderTriggered(reminder_id=OTHER, due_at=NINE)
    other = await RequestNotifications().commands(recorded(other_ring, version=4), world.look)
    assert one[0].stream_id != other[0].stream_id


async def test_quiet_hours_hold_mail_back_but_not_the_inbox_or_programs() -> None:
    told = await World(ADDRESS, VERIFIED, ADDED, QUIET).told(RANG, at=NINE)
    assert {request.channel: request.not_before for request in told} == {
        ChannelName.IN_APP: None,
        ChannelName.EMAIL: NOON,
        ChannelName.WEBHOOK: None,
    }


async def test_a_digest_tells_of_all_that_was_held_at_once() -> None:
    world = World(ADDRESS, VERIFIED, QUIET, PreferencesChanged(digest=True, in_app=False))
    first = await RequestNotifications().commands(recorded(RANG, version=3, at=EIGHT), world.look)
    second = await RequestNotifications().commands(recorded(RANG, version=4, at=NINE), world.look)
    digest, held = map(_request, first)
    assert (digest.kind, digest.not_before) == ("digest", NOON)
    assert held.digest_id == first[0].stream_id == second[0].stream_id
    assert first[0] == second[0]
    assert first[1].stream_id != second[1].stream_id


async def test_who_gives_an_address_is_asked_there() -> None:
    fact = recorded(ADDRESS, stream=preferences_stream(ADA))
    [asked] = await RequestAddressVerification().commands(fact, World(ADDRESS).look)
    request = _request(asked)
    assert (request.kind, request.address) == ("verify_email", "ada@annals.example")
    verified = World(ADDRESS, VERIFIED)
    assert await RequestAddressVerification().commands(fact, verified.look) == []
    none = recorded(AddressGiven(account_id=ADA, address=None))
    assert await RequestAddressVerification().commands(none, World().look) == []


async def test_whose_webhook_is_switched_off_finds_a_notice() -> None:
    off = EndpointSwitchedOff(endpoint_id=HOOK, why="It answered 500.")
    by_undo = recorded(off, version=2, stream=preferences_stream(ADA))
    assert await NotifyEndpointDisabled().commands(by_undo, World(ADDED).look) == []
    fact = replace(by_undo, actor="system:look_after_endpoints")
    [asked] = await NotifyEndpointDisabled().commands(fact, World(ADDED).look)
    request = _request(asked)
    assert (request.channel, request.kind) == ("in_app", "notice")
    assert "annals.example" in request.title


async def test_nobody_is_told_of_a_task_that_has_no_owner() -> None:
    assert (
        await RequestNotifications().commands(recorded(RANG, stream=UUID(int=404)), World().look)
        == []
    )


def test_a_reminder_that_was_only_set_tells_nothing() -> None:
    assert ReminderSet not in RequestNotifications.listens_to
