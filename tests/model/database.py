"""PostgreSQL as far as its history matters: a write-ahead log, a sequence, crashes, failovers."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

# PostgreSQL writes a sequence to its write-ahead log 32 values ahead; 1 shows the same.
AHEAD = 1


class Drawn(NamedTuple):
    """The sequence may have given out everything up to `value`."""

    value: int


class Row(NamedTuple):
    """A committed event. Two that were given the same position differ in `number`."""

    position: int
    number: int


class Shown(NamedTuple):
    """A view's position and the numbers of the events in its rows, committed together."""

    position: int
    numbers: frozenset[int]


class Began(NamedTuple):
    """Events of this history have positions beyond `start`."""

    history: int
    start: int


Entry: TypeAlias = Drawn | Row | Shown | Began


class Identity(NamedTuple):
    """Which database a connection leads to: `history` changes with a failover, `life` always."""

    history: int
    life: int


class Database(NamedTuple):
    """The primary. A crash leaves a prefix of `wal` not shorter than `flushed`."""

    wal: tuple[Entry, ...] = ()
    flushed: int = 0
    hidden: frozenset[int] = frozenset()  # positions committed in the log, not yet visible
    drawn: int = 0  # what the sequence says in memory
    identity: Identity = Identity(1, 1)

    def draw(self) -> "Database":
        value = self.drawn + 1
        if value > self._logged:
            return self._replace(wal=(*self.wal, Drawn(value + AHEAD)), drawn=value)
        return self._replace(drawn=value)

    def write(self, entry: Entry) -> "Database":
        return self._replace(wal=(*self.wal, entry))

    def leap(self, distance: int, *, beyond: int = 0) -> "Database":
        """Begin the positions of this history beyond all that an earlier one can have given."""
        passed = max(1, self.identity.history - self.began.history)
        start = max(self.drawn, self._logged, beyond) + passed * distance
        grown = (*self.wal, Drawn(start), Began(self.identity.history, start))
        return self._replace(wal=grown, drawn=start)

    def recover(self, length: int, identity: Identity) -> "Database":
        """Return what starts again when only the first `length` entries are left."""
        left = self._replace(
            wal=self.wal[:length], flushed=length, hidden=frozenset(), identity=identity
        )
        return left._replace(drawn=left._logged)

    def disasters(self, *, crash: bool, failover: bool) -> Iterator[tuple[str, "Database"]]:
        """Yield each way this database's own history can get shorter."""
        history, life = self.identity
        if crash:
            for length in range(self.flushed, len(self.wal) + 1):
                lost = _words(self.wal[length:])
                yield (
                    f"PostgreSQL crashes, losing {lost}",
                    self.recover(length, Identity(history, life + 1)),
                )
        if failover:
            for length in range(self.flushed + 1):
                lost = _words(self.wal[length:])
                yield (
                    f"a standby is promoted, without {lost}",
                    self.recover(length, Identity(history + 1, life + 1)),
                )

    def earlier_copies(self, younger_than: int) -> Iterator[tuple[str, "Database"]]:
        """Yield this database as each copy of its files has it, that was made before the
        write-ahead log had `younger_than` entries, on the timeline of that time.
        """
        history, life = self.identity
        for length in range(min(younger_than, self.flushed)):
            copy = self.recover(length, Identity(history, life + 1))
            words = f"an earlier copy is put back, without {_words(self.wal[length:])}"
            yield words, copy
            if copy.began.history != history:  # it may have been made before the promotion
                older = copy._replace(identity=Identity(copy.began.history, life + 1))
                yield f"{words}, of history {copy.began.history}", older

    @property
    def rows(self) -> frozenset[Row]:
        """What a new snapshot sees."""
        return _rows(self.wal, self.hidden)

    @property
    def shown(self) -> Shown:
        """The view as its last commit left it."""
        return next((e for e in reversed(self.wal) if isinstance(e, Shown)), Shown(0, frozenset()))

    @property
    def began(self) -> Began:
        """The history that this database has taken note of last."""
        return next((e for e in reversed(self.wal) if isinstance(e, Began)), Began(1, 0))

    @property
    def _logged(self) -> int:
        return next((entry.value for entry in reversed(self.wal) if isinstance(entry, Drawn)), 0)


@cache
def _rows(wal: tuple[Entry, ...], hidden: frozenset[int]) -> frozenset[Row]:
    return frozenset(e for e in wal if isinstance(e, Row) and e.position not in hidden)


def _words(lost: tuple[Entry, ...]) -> str:
    return ", ".join(map(_word, lost)) or "nothing"


def _word(entry: Entry) -> str:
    match entry:
        case Drawn(value):
            return f"the sequence up to {value}"
        case Row(position, number):
            return f"event {number} at {position}"
        case Shown(position, _):
            return f"the view's position {position}"
        case Began(history, _):
            return f"the note of history {history}"
