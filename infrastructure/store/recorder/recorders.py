"""The library's recorders over our tables: committed in groups, read without gaps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
    Tracking,
)
from eventsourcing.postgres import (
    PostgresDatastore,
    PostgresProcessRecorder,
    PostgresRecorder,
    PostgresTrackingRecorder,
)
from eventsourcing.utils import retry
from psycopg import Cursor
from psycopg.rows import DictRow

from infrastructure.store.append import FIND, INSERT
from infrastructure.store.recorder.subscription import LogSubscription
from infrastructure.store.recorder.threaded_commits import ThreadedCommits

Stretch: TypeAlias = tuple[Sequence[Notification], int]

_SELECT = """
SELECT notification_id, originator_id, originator_version, topic, state
FROM stored_events
WHERE notification_id > %(after)s AND notification_id <= %(until)s
    AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s))
ORDER BY notification_id
LIMIT %(limit)s
"""
_MAX_VERSION = 2**63 - 1


class AnnalsTrackingRecorder(PostgresTrackingRecorder):
    """Keeps positions in the table `notification_tracking`, beside those of our own readers.

    Where the library makes a table of positions for each projection, this one writes the name
    of that table before the name of the application, as in `counters_tracking/Application`.
    A view derives from this class, and may add the statements that create its own tables to
    `sql_create_statements`.
    """

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        tracking_table_name: str = "notification_tracking",
        **kwargs: Any,
    ) -> None:
        super().__init__(datastore, tracking_table_name="notification_tracking", **kwargs)
        self.sql_create_statements.clear()  # migrations own these tables
        self._reader = tracking_table_name

    def create_table(self) -> None:
        # The library's own method would take our table for one of an older layout, and move it.
        PostgresRecorder.create_table(self)

    def _create_table(self, curs: Cursor[DictRow]) -> None:
        PostgresRecorder._create_table(self, curs)

    def _insert_tracking(self, curs: Cursor[DictRow], tracking: Tracking) -> None:
        name = self._position_name(tracking.application_name)
        super()._insert_tracking(curs, replace(tracking, application_name=name))

    def _max_tracking_id(self, application_name: str, curs: Cursor[DictRow]) -> int | None:
        return super()._max_tracking_id(self._position_name(application_name), curs)

    def _position_name(self, application_name: str) -> str:
        return f"{self._reader}/{application_name}"


class AnnalsRecorder(AnnalsTrackingRecorder, PostgresProcessRecorder):
    """Records events of any application in our log, and reads all that is in it."""

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        commits: ThreadedCommits,
        tracking_table_name: str = "notification_tracking",
    ) -> None:
        super().__init__(
            datastore, tracking_table_name=tracking_table_name, events_table_name="stored_events"
        )
        self._commits = commits

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Record all of the events or none; return their positions in the log, in order.

        With `tracking`, the position of a projection moves in the same transaction. That is not
        part of a group: a projection has one event at hand, and nobody to share a commit with.

        Raises:
            IntegrityError: one of the versions, or the position, is taken.
            DataError: an id is no UUID, or a field is not what its column holds.
            OperationalError: the database did not answer in time.
        """
        events = [_storable(event) for event in stored_events]
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is not None:
            positions = self._insert_tracked(events, tracking)
            self._commits.log_has_grown()
            return positions
        return self._commits.append(events) if events else None

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return the events in [start, stop], at most `limit`, none ever missed.

        What other writers might still come before is not among them yet.
        """
        after = (start or 0) - (1 if inclusive_of_start else 0)
        found: Stretch = self._select_with_retries(after, limit, stop, topics)
        return found[0]

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def max_notification_id(self) -> int | None:
        """Return the last position that `select_notifications` would return, None before any."""
        with self.datastore.get_connection() as connection:
            last: int = _only(connection.execute("SELECT annals_log_end()"))
            return last or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return LogSubscription(self, gt=gt, topics=topics)

    def select_settled(
        self, after: int, limit: int, stop: int | None = None, topics: Sequence[str] = ()
    ) -> Stretch:
        """Return the events beyond `after`, and the last position up to which nothing can be added.

        The position is that of an event, and comes first; the events are read in a newer snapshot:
        see docs/adr/0003 and docs/adr/0020.
        """
        with self.datastore.get_connection() as connection:
            settled: int = _only(connection.execute("SELECT annals_log_end()"))
            found = connection.execute(
                _SELECT,
                {
                    "after": after,
                    "until": settled if stop is None else min(stop, settled),
                    "topics": list(topics) or None,
                    "limit": limit,
                },
                prepare=True,
            ).fetchall()
        notifications = [
            Notification(
                id=row["notification_id"],
                originator_id=row["originator_id"],
                originator_version=row["originator_version"],
                topic=row["topic"],
                state=bytes(row["state"]),
            )
            for row in found
        ]
        return notifications, settled

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def _select_with_retries(
        self, after: int, limit: int, stop: int | None, topics: Sequence[str]
    ) -> Stretch:
        return self.select_settled(after, limit, stop, topics)

    def _insert_tracked(
        self, events: Sequence[StoredEvent], tracking: Tracking
    ) -> Sequence[int] | None:
        certain = True
        while True:
            try:
                with self.datastore.transaction(commit=True) as cursor:
                    self._insert_tracking(cursor, tracking)
                    if not events:
                        return None
                    cursor.execute(INSERT, _columns(events), prepare=True)
                    return [row["notification_id"] for row in cursor.fetchall()]
            except IntegrityError:
                # The commit may have happened although its answer was lost: look.
                found = None if certain else self._find_tracked(events, tracking)
                if found is None:
                    raise
                return found
            except (InterfaceError, OperationalError):
                if not certain:
                    raise
                certain = False

    def _find_tracked(
        self, events: Sequence[StoredEvent], tracking: Tracking
    ) -> Sequence[int] | None:
        """Return the positions of these events if they, and the position, are as we left them."""
        if self.max_tracking_id(tracking.application_name) != tracking.notification_id:
            return None
        with self.datastore.get_connection() as connection:
            rows = connection.execute(FIND, _columns(events)[:2]).fetchall()
        found = {(row["originator_id"], row["originator_version"]): row for row in rows}
        ours = [found.get((event.originator_id, event.originator_version)) for event in events]
        if not all(
            row and bytes(row["state"]) == event.state
            for row, event in zip(ours, events, strict=True)
        ):
            return None
        return [row["notification_id"] for row in ours if row]


def _storable(event: StoredEvent) -> StoredEvent:
    """Return the event with its id as a UUID.

    An event that the database would refuse for its form would take the others of its group with it.
    """
    if not (
        isinstance(event.originator_version, int)
        and 0 <= event.originator_version <= _MAX_VERSION
        and isinstance(event.topic, str)
        and "\0" not in event.topic
        and isinstance(event.state, bytes)
    ):
        raise DataError(f"Not an event that can be stored: {event!r}")
    if isinstance(event.originator_id, UUID):
        return event
    try:
        return replace(event, originator_id=UUID(event.originator_id))
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"The id of a stream is a UUID: {event.originator_id!r}") from error


def _columns(events: Sequence[StoredEvent]) -> tuple[list[Any], ...]:
    return (
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
    )


def _only(cursor: Cursor[DictRow]) -> Any:
    """Return the only value of the only row."""
    (value,) = (cursor.fetchone() or {"": None}).values()
    return value
