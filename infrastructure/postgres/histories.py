"""Which history a database has: noticed when it becomes another one under a living process."""

from functools import cache
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from domain.record import Record

log = structlog.get_logger()


SEQUENCE_BEHIND = "AN002"


class SequenceBehind(psycopg.OperationalError):
    """The sequence of positions lies below the end of the log, as after a logical copy."""

    def __init__(self) -> None:
        super().__init__(
            "The sequence of positions lies below the end of the log, so new events would get"
            " positions that readers have passed: run `annals migrate --repair-sequence`"
            " (docs/runbook.md)."
        )


class DatabaseHistory(Record):
    """An uninterrupted life of a database, as `annals_identity()` names it.

    `identity` changes with every start, promotion, recovery and restore. Positions up to
    `last_row` were taken over from the history before, and those beyond `start` are its own;
    positions between the two, if there are any, belong to a lost history. `flushed` is how far the
    write-ahead log was on disk (a pg_lsn); None at a standby.
    """

    identity: str
    start: int = 0
    last_row: int = 0
    flushed: str | None = None

    def lost(self, position: int) -> bool:
        """Whether the event at `position`, if there ever was one, may be lost."""
        return self.last_row < position <= self.start


class HistoryWatch:
    """What this process knows of a database's history, and who must forget when it changes.

    Every new connection is compared before anything else is asked on it. `epoch` counts the
    changes: what was remembered in an earlier epoch may never have happened in this one. A database
    that lacks an event which this process has seen, or has less of the write-ahead log than it had,
    is an earlier copy that was put back: it begins a new history.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._seen = 0
        self.history: DatabaseHistory | None = None

    def saw(self, position: int) -> None:
        """Remember that an event was committed at this position."""
        self._seen = max(self._seen, position)

    async def check(self, connection: AsyncConnection[Any]) -> int:
        """Compare the history of a new connection; return the epoch it belongs to.

        Raises:
            SequenceBehind: new events would get positions that readers have passed.
            psycopg.Error: the database cannot be asked.
        """
        known = self.history or DatabaseHistory(identity="")
        try:
            cursor = await connection.execute(
                "SELECT identity, start, last_row, flushed::text"
                " FROM annals_identity(%s, %s, %s::pg_lsn)",
                (self._seen, known.start if known.flushed else None, known.flushed),
                prepare=False,
            )
            row = await cursor.fetchone()
        except psycopg.errors.UndefinedFunction:
            return self.epoch  # not migrated yet: nothing can have been remembered
        except psycopg.DatabaseError as error:
            if error.sqlstate != SEQUENCE_BEHIND:
                raise
            raise SequenceBehind from error
        if row is None:
            raise psycopg.InterfaceError("the database does not say which history it has")
        found = DatabaseHistory(identity=row[0], start=row[1], last_row=row[2], flushed=row[3])
        if self.history is not None and found.identity != self.history.identity:
            self.epoch += 1
            log.warning(
                "database_history_changed",
                epoch=self.epoch,
                before=self.history.identity,
                now=found.identity,
                start=found.start,
            )
        self.history = found
        return self.epoch


@cache
def watch_of(url: str) -> HistoryWatch:
    """Return the watch that all connections of this process to a database share."""
    return HistoryWatch()
