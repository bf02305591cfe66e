"""Folds a stretch of the log into rows: pure, in memory, the same for every way to build a view."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.following.dead_events import Failure
from projections.view import Key, Row, View


class Folded(Record, Generic[Row]):
    """The rows to write, and the keys of the rows to delete."""

    upserts: Sequence[Row]
    deletes: Sequence[Key]


def fold(
    view: View[Row],
    before: Mapping[Key, Row],
    facts: Iterable[Recorded],
    failures: list[Failure] | None = None,
) -> Folded[Row]:
    """Return how `facts` change the rows `before`, which are given by key.

    With `failures` the fold goes on past an event that the view fails to process, with the row
    as it was before, and adds it there. Without, it raises what the view raised.
    """
    # Each row as it was and as it is: keys are looked up once, their hashes are computed in Python.
    rows: dict[Key, _Folding[Row]] = {}
    added: list[Row] = []
    for recorded in facts:
        try:
            key = view.key(recorded)
            folding = rows.get(key)
            if folding is None:
                folding = rows[key] = _Folding(before.get(key) if before else None)
            row = view.evolve(folding.now, recorded)
        except Exception as error:
            if failures is None:
                raise
            failures.append(Failure(entry=recorded, error=repr(error)))
            continue
        if not view.append_only:
            folding.now = row
        elif row is not None:
            folding.now = row
            added.append(row)
    if view.append_only:
        return Folded(upserts=added, deletes=())
    return Folded(
        upserts=[row.now for row in rows.values() if row.now is not None and row.now != row.before],
        deletes=[key for key, row in rows.items() if row.now is None and row.before is not None],
    )


class _Folding(Generic[Row]):
    __slots__ = ("before", "now")

    def __init__(self, row: Row | None) -> None:
        self.before = self.now = row
