"""Writers of the log: they publish a floor, draw a position, and commit or abort."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from tests.model.database import Database, Row
from tests.model.rules import LEAP, Rules


class At(Enum):
    """The last thing a writer did."""

    IDLE = auto()
    LOOKED = auto()  # read what the sequence has given out
    PUBLISHED = auto()  # holds the shared lock
    DRAWN = auto()  # has a position
    WRITTEN = auto()  # its commit is in the write-ahead log, and not yet visible
    UNLOCKED = auto()  # as WRITTEN, but has let go of its lock: what must never be
    VISIBLE = auto()  # committed; still holds the lock


class Writer(NamedTuple):
    at: At = At.IDLE
    event: int = 0  # the number of what it inserts
    floor: int = 0
    position: int = 0

    @property
    def published(self) -> int | None:
        return self.floor if self.at in (At.PUBLISHED, At.DRAWN, At.WRITTEN, At.VISIBLE) else None


class World(NamedTuple):
    """The database, its writers, and what may still happen.

    When every process had compared last, the history began at `known_start`, and the write-ahead
    log had `known_length` entries on disk.
    """

    database: Database = Database()
    writers: tuple[Writer, ...] = (Writer(), Writer())
    begun: int = 0  # inserts so far, of at most
    inserts: int = 3
    aborts: int = 1
    crashes: int = 1
    failovers: int = 1
    copies: int = 0  # that may be put back
    known_start: int = 0
    known_length: int = 0


def arrived(world: World, rules: Rules) -> World:
    """Return the world once somebody has connected, who notes a history that has begun."""
    database = world.database
    known = world.known_start if rules.earlier_copies_begin_histories else 0
    if rules.histories_leap and database.began.history != database.identity.history:
        return world._replace(database=database.leap(LEAP, beyond=known))
    here = database.began.start, database.flushed
    if rules.earlier_copies_begin_histories and here < (known, world.known_length):
        database = database.leap(LEAP, beyond=known)
        # Nobody relies on it before it is on disk: no crash may lose it.
        return world._replace(database=database._replace(flushed=len(database.wal)))
    return world


def floor(world: World) -> int:
    """Return the position at or below which nobody writes, all seen at once."""
    published = [w.published for w in world.writers if w.published is not None]
    return min([world.database.drawn, *published])


def least_published(world: World) -> int | None:
    return min((w.published for w in world.writers if w.published is not None), default=None)


def rows_until(database: Database, after: int, settled: int) -> frozenset[Row]:
    return frozenset(row for row in database.rows if after < row.position <= settled)


def horizon(rules: Rules, rows: frozenset[Row], after: int, settled: int) -> int:
    """Return from where to read on, having read these rows beyond `after`."""
    if rules.horizon_is_a_row:
        return max((row.position for row in rows), default=after)
    return max(settled, after)


def writing(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """Yield each next step of a writer, or of the disk."""
    database = world.database
    if database.flushed < len(database.wal):
        yield (
            "the write-ahead log is flushed",
            world._replace(database=database._replace(flushed=len(database.wal))),
        )
    if world.copies or world.known_length:
        after = arrived(world, rules)
        yield (
            "every process compares",
            after._replace(
                known_start=after.database.began.start, known_length=after.database.flushed
            ),
        )
    for index, writer in enumerate(world.writers):
        # Idle writers are alike: only the first of them need begin.
        if writer.at is At.IDLE and any(w.at is At.IDLE for w in world.writers[:index]):
            continue
        for step, after, changed in _writing(world, rules, writer):
            writers = (*world.writers[:index], changed, *world.writers[index + 1 :])
            yield f"writer {index + 1} {step}", after._replace(writers=writers)


def _writing(world: World, rules: Rules, writer: Writer) -> Iterator[tuple[str, World, Writer]]:
    database = world.database
    match writer.at:
        case At.IDLE if world.begun < world.inserts:
            database = arrived(world, rules).database
            yield (
                f"finds that {database.drawn} has been drawn",
                world._replace(database=database, begun=world.begun + 1),
                Writer(At.LOOKED, event=world.begun + 1, floor=database.drawn),
            )
        case At.LOOKED:
            step = f"publishes the floor {writer.floor}"
            yield step, world, writer._replace(at=At.PUBLISHED)
        case At.PUBLISHED:
            database = database.draw()
            yield (
                f"draws {database.drawn}",
                world._replace(database=database),
                writer._replace(at=At.DRAWN, position=database.drawn),
            )
        case At.DRAWN:
            if world.aborts:
                yield (
                    f"aborts, having drawn {writer.position}",
                    world._replace(aborts=world.aborts - 1),
                    Writer(),
                )
            row = Row(writer.position, writer.event)
            database = database.write(row)._replace(hidden=database.hidden | {writer.position})
            yield (
                f"writes its commit of event {writer.event} at {writer.position}",
                world._replace(database=database),
                writer._replace(at=At.WRITTEN),
            )
        case At.WRITTEN if not rules.locks_outlive_commits:
            yield "lets go of its lock", world, writer._replace(at=At.UNLOCKED)
        case At.WRITTEN | At.UNLOCKED:
            reached = next(
                n
                for n, entry in enumerate(database.wal, 1)
                if isinstance(entry, Row) and entry.position == writer.position
            )
            database = database._replace(
                flushed=max(database.flushed, reached),
                hidden=database.hidden - {writer.position},
            )
            after = Writer() if writer.at is At.UNLOCKED else writer._replace(at=At.VISIBLE)
            yield f"has committed {writer.position}", world._replace(database=database), after
        case At.VISIBLE:
            yield "lets go of its lock", world, Writer()


def disasters(world: World) -> Iterator[tuple[str, World]]:
    """Yield each crash, failover and restore that may happen now; every connection ends with it.

    A restore to an earlier moment is as a failover: a prefix, and a timeline of its own. A copy of
    the files that is put back has the timeline of the original.
    """
    # All have joined a database before it is replaced by one that does not know how it began.
    joined = not world.known_length or world.known_start == world.database.began.start
    ended = world._replace(writers=tuple(Writer() for _ in world.writers))
    for step, database in world.database.disasters(
        crash=world.crashes > 0, failover=world.failovers > 0 and joined
    ):
        failed_over = database.identity.history != world.database.identity.history
        yield (
            step,
            ended._replace(
                database=database,
                crashes=world.crashes - (not failed_over),
                failovers=world.failovers - failed_over,
            ),
        )
    if world.copies and joined:  # it is older than the last comparison
        for step, database in world.database.earlier_copies(world.known_length):
            yield step, ended._replace(database=database, copies=world.copies - 1)
