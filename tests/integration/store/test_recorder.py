"""Applications of others run on our log: none of their readers, or of ours, misses anything."""

import asyncio
import re
from asyncio import to_thread
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactoryError,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    StoredEvent,
    Tracking,
)
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from domain.events.recorded import Recorded
from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.postgres.connections import connect
from infrastructure.store.event_log import EventLog, StreamRange
from infrastructure.store.mapper import KNOWN_TOPICS, RecordMapper
from infrastructure.store.recorder import AnnalsFactory, AnnalsRecorder
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import following, open_log
from tests.support.facts import ADA, recorded
from tests.support.library import EventCounters, environment, factory, program
from tests.support.seed import seeded
from tests.support.servers.proxy import wire_to
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


def stored(stream: UUID, version: int = 1, topic: str = "others:Event") -> StoredEvent:
    return StoredEvent(stream, version, topic, b"{}")


@pytest.fixture
def ours(database_url: str) -> Iterator[AnnalsFactory]:
    made = factory(environment(database_url))
    yield made
    made.close()


@pytest.fixture
def recorder(ours: AnnalsFactory) -> AnnalsRecorder:
    return ours.process_recorder()


# Nothing is missed


WRITERS, ROUNDS = 6, 40


async def test_no_reader_misses_an_event_of_writers_of_all_kinds(database_url: str) -> None:
    """Threads of two processes' recorders, our own store, and slow transactions that may abort."""
    chance = seeded("writers of all kinds")
    two = [factory(environment(database_url)) for _ in range(2)]
    recorders = [made.application_recorder() for made in two]
    last = "others:Last"

    def pulled() -> list[Notification]:
        found: list[Notification] = []
        while not found or found[-1].topic != last:
            found += recorders[0].select_notifications(
                found[-1].id if found else 0, 20, inclusive_of_start=False
            )
        return found

    def subscribed() -> list[Notification]:
        found: list[Notification] = []
        with recorders[1].subscribe() as subscription:
            for notification in subscription:
                found.append(notification)
                if notification.topic == last:
                    break
        return found

    def write(writer: int) -> None:
        for _ in range(ROUNDS):
            stream = uuid4()
            many = 1 + (writer + stream.int) % 3
            recorders[writer % 2].insert_events([stored(stream, n + 1) for n in range(many)])

    async def write_slowly(pauses: list[tuple[float, bool]]) -> None:
        async with await connect(database_url) as connection:
            for pause, abort in pauses:
                async with connection.transaction(force_rollback=abort):
                    stream = uuid4()
                    for version in (1, 2):
                        await connection.execute(
                            "INSERT INTO stored_events VALUES (%s, %s, 'others:Slow', '{}')",
                            (stream, version),
                        )
                        await asyncio.sleep(pause)

    pauses = [
        [(chance.random() * 0.01, chance.random() < 0.3) for _ in range(ROUNDS)] for _ in range(3)
    ]
    with ThreadPoolExecutor(WRITERS + 2) as threads:
        loop = asyncio.get_running_loop()
        readers = [loop.run_in_executor(threads, read) for read in (pulled, subscribed)]
        async with open_log(database_url) as log:
            await asyncio.gather(
                *(loop.run_in_executor(threads, write, n) for n in range(WRITERS)),
                *(write_slowly(some) for some in pauses),
                *(log.happened(CREATED, TaskCompleted()) for _ in range(ROUNDS)),
            )
        await loop.run_in_executor(threads, recorders[0].insert_events, [stored(uuid4(), 1, last)])
        found = await asyncio.gather(*readers)
    for made in two:
        made.close()

    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT notification_id FROM stored_events ORDER BY 1").fetchall()
    committed = [position for (position,) in rows]
    for notifications in found:
        assert [notification.id for notification in notifications] == committed


async def test_a_position_is_not_read_before_a_lower_one_is_settled(
    database_url: str, recorder: AnnalsRecorder
) -> None:
    async with await connect(database_url) as slow, slow.transaction():
        await slow.execute(
            "INSERT INTO stored_events VALUES (%s, 1, 'others:Slow', '{}')", (uuid4(),)
        )
        await to_thread(recorder.insert_events, [stored(uuid4())])
        assert recorder.select_notifications(None, 10) == []
        assert recorder.max_notification_id() is None
    assert [found.id for found in recorder.select_notifications(None, 10)] == [1, 2]
    assert recorder.max_notification_id() == 2


async def test_threads_that_wait_together_commit_together(ours: AnnalsFactory) -> None:
    recorder = ours.application_recorder()
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda _: recorder.insert_events([stored(uuid4())]), range(200)))
    commits = ours.commits.group_commit
    assert commits.events == 200
    assert commits.groups < 100


# Trouble


async def test_an_event_that_fits_no_column_harms_no_other(recorder: AnnalsRecorder) -> None:
    wrong = [
        StoredEvent("not a uuid", 1, "others:Event", b"{}"),
        StoredEvent(uuid4(), -1, "others:Event", b"{}"),
        StoredEvent(uuid4(), 2**63, "others:Event", b"{}"),
        StoredEvent(uuid4(), 1, "others:\0", b"{}"),
    ]
    for refused in wrong:
        with pytest.raises(DataError):
            recorder.insert_events([stored(uuid4()), refused])
    assert recorder.select_notifications(None, 10) == []


async def test_the_id_of_a_stream_may_be_written_as_text(recorder: AnnalsRecorder) -> None:
    stream = uuid4()
    recorder.insert_events([StoredEvent(str(stream), 1, "others:Event", b"{}")])
    with pytest.raises(IntegrityError):
        recorder.insert_events([StoredEvent(str(stream), 1, "others:Event", b"{}")])
    assert recorder.select_events(stream) == [stored(stream)]


async def test_a_commit_whose_answer_was_lost_is_no_conflict(database_url: str) -> None:
    async with wire_to(database_url) as wire:
        made = factory(environment(wire.url))
        recorder = await to_thread(made.process_recorder)
        await to_thread(recorder.insert_events, [stored(uuid4())])
        stream = uuid4()
        wire.cut_before_answering(stream.bytes)
        assert await to_thread(recorder.insert_events, [stored(stream)]) == [2]
        assert wire.cuts == 1
        await to_thread(made.close)


@pytest.mark.parametrize("events", [1, 0])
async def test_a_tracked_commit_whose_answer_was_lost_is_no_conflict(
    database_url: str, events: int
) -> None:
    async with wire_to(database_url) as wire:
        made = factory(environment(wire.url))
        recorder = await to_thread(made.process_recorder)
        new = [stored(uuid4()) for _ in range(events)]
        wire.cut_before_answering(b"COMMIT")
        positions = await to_thread(
            lambda: recorder.insert_events(new, tracking=Tracking("upstream", 7))
        )
        assert (wire.cuts, list(positions or [])) == (1, [1] * events)
        assert await to_thread(recorder.max_tracking_id, "upstream") == 7
        with pytest.raises(IntegrityError):
            await to_thread(lambda: recorder.insert_events(new, tracking=Tracking("upstream", 7)))
        await to_thread(made.close)


async def test_a_subscription_outlives_its_connections(
    database_url: str, recorder: AnnalsRecorder
) -> None:
    async with wire_to(database_url) as wire:
        made = factory(environment(wire.url))
        follower = await to_thread(made.application_recorder)

        def follow() -> list[int]:
            with follower.subscribe() as subscription:
                return [next(subscription).id for _ in range(3)]

        following = asyncio.create_task(to_thread(follow))
        for _ in range(3):
            await to_thread(recorder.insert_events, [stored(uuid4())])
            wire.cut()
        assert await following == [1, 2, 3]
        await to_thread(made.close)


async def test_a_subscription_ends_with_its_application(database_url: str) -> None:
    made = factory(environment(database_url))
    subscription = made.application_recorder().subscribe()
    made.close()
    with pytest.raises((InterfaceError, OperationalError)), subscription:
        next(subscription)
    with pytest.raises(InterfaceError):
        made.commits.append([stored(uuid4())])


async def test_what_did_not_match_is_not_read_again(recorder: AnnalsRecorder) -> None:
    recorder.insert_events([stored(uuid4(), 1, "others:Rare")])
    recorder.insert_events([stored(uuid4()) for _ in range(50)])
    with recorder.subscribe(topics=["others:Rare"]) as subscription:
        assert next(subscription).id == 1
        recorder.insert_events([stored(uuid4(), 1, "others:Rare")])
        assert next(subscription).id == 52
        assert subscription._last_notification_id == 52


@pytest.mark.parametrize(
    "setting",
    [
        {"POSTGRES_SCHEMA": "others"},
        {"ORIGINATOR_ID_TYPE": "text"},
        {"SINGLE_ROW_TRACKING": "n"},
        {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"},
        {"APPLICATION_RECORDER_TOPIC": "eventsourcing.postgres:PostgresApplicationRecorder"},
    ],
    ids=lambda setting: next(iter(setting)),
)
async def test_a_setting_that_our_tables_cannot_keep_is_refused(
    database_url: str, setting: dict[str, str]
) -> None:
    with pytest.raises(InfrastructureFactoryError, match=next(iter(setting))):
        factory(environment(database_url, **setting)).application_recorder()


async def test_a_view_of_the_librarys_own_kind_has_a_table_of_its_own(
    owner_url: str,
) -> None:
    ours = factory(environment(owner_url))  # the processes may create no table beside the log
    with pytest.raises(InfrastructureFactoryError, match="notification_tracking is taken"):
        ours.tracking_recorder(PostgresTrackingRecorder)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("INSERT INTO notification_tracking VALUES ('task_list', 5)")
        ours.env.name = "Weekdays"
        ours.tracking_recorder(PostgresTrackingRecorder).insert_tracking(Tracking("upstream", 1))
        ours.tracking_recorder().insert_tracking(Tracking("upstream", 2))
        positions = connection.execute("SELECT * FROM notification_tracking ORDER BY 1").fetchall()
        apart = connection.execute("SELECT * FROM weekdays_tracking ORDER BY 1").fetchall()
    assert positions == [("task_list", 5), ("weekdays_tracking/upstream", 2)]
    assert ("upstream", 1) in apart
    ours.close()


# An application of somebody else


class Plant(Aggregate):
    def __init__(self, name: str) -> None:
        self.name = name
        self.watered = 0

    @event("Watered")
    def water(self) -> None:
        self.watered += 1


class Garden(Application[UUID]):
    is_snapshotting_enabled = True


class Counting(Projection[EventCounters]):
    """Counts plants as created, and tasks of ours as what followed."""

    name = "counting"

    @singledispatchmethod
    def process_event(self, _: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def plant(self, _: Plant.Created, tracking: Tracking) -> None:
        self.view.incr_created_event_counter(tracking)

    @process_event.register
    def ours(self, fact: Recorded, tracking: Tracking) -> None:
        assert fact.position == tracking.notification_id
        if isinstance(fact.event, TaskCreated):
            self.view.incr_subsequent_event_counter(tracking)
        else:
            self.view.insert_tracking(tracking)


async def test_an_application_of_somebody_else_runs_on_our_log_and_reads_our_events(
    database_url: str, owner_url: str
) -> None:
    async with open_log(database_url) as log:
        await log.happened(CREATED, TaskCompleted())

        def somebody_elses() -> tuple[int, int, int]:
            with ProjectionRunner(
                application_class=Garden,
                projection_class=Counting,
                view_class=EventCounters,
                env=environment(owner_url),  # its view has a table of its own
            ) as runner:
                rose = Plant("Rose")
                rose.water()
                recordings = runner.app.save(rose)
                runner.wait(recordings[-1].notification.id, timeout=20)
                runner.app.take_snapshot(rose.id)
                again: Plant = runner.app.repository.get(rose.id)
                view = runner.view
                return (
                    again.watered,
                    view.get_created_event_counter(),
                    view.get_subsequent_event_counter(),
                )

        assert await to_thread(somebody_elses) == (1, 1, 1)


async def test_our_readers_pass_over_events_of_others(
    database_url: str, recorder: AnnalsRecorder
) -> None:
    events = EventLog(RecordMapper())
    async with open_log(database_url) as log, following(database_url, TaskListView()):
        await to_thread(recorder.insert_events, [stored(uuid4())])
        task = await log.happened(CREATED)
        await to_thread(recorder.insert_events, [stored(uuid4())])
        # An event that nobody can read is still shown, and those of others are not.
        await to_thread(recorder.insert_events, [stored(uuid4(), 1, "task.sung")])
        await log.caught_up(TaskListView())
        assert [row.id for row in await log.rows(TaskListView())] == [task]
        page = await events.read(log.connection, 0)
        assert [entry.position for entry in page.entries] == [2, 4]
        assert page.horizon == 4
        streams = await events.streams(
            log.connection, StreamRange(), KNOWN_TOPICS, until=page.horizon
        )
        assert [entry.position for entry in streams] == [2, 4]
        dead = await log.connection.execute("SELECT position FROM dead_events")
        assert await dead.fetchall() == [(4,)]


# The page in docs


async def test_the_example_in_the_docs_runs_as_it_stands(
    database_url: str, owner_url: str, tmp_path: Path
) -> None:
    root = Path(__file__).parents[3]
    page = (root / "docs" / "eventsourcing.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) < 25
    file = tmp_path / "weekdays.py"
    file.write_text(code)
    async with (
        open_log(database_url) as log,
        await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner,
    ):
        await log.happened(CREATED, TaskCompleted())
        with program(file, environment(owner_url)) as process:

            async def counted(tasks: int) -> bool:
                assert process.poll() is None
                table = await owner.execute("SELECT to_regclass('days') IS NOT NULL")
                if await table.fetchone() == (False,):
                    return False
                rows = await owner.execute("SELECT day, tasks FROM days")
                return bool(await rows.fetchall() == [("Tuesday", tasks)])

            await until(lambda: counted(1), within=30)
            await log.append(recorded(CREATED, stream=uuid4()))
            await until(lambda: counted(2), within=30)
