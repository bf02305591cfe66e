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
    now: dict[Key, Row | None] = {}
    added: list[Row] = []
    for recorded in facts:
        try:
            key = view.key(recorded)
            row = view.evolve(now[key] if key in now else before.get(key), recorded)
        except Exception as error:
            if failures is None:
                raise
            failures.append(Failure(entry=recorded, error=repr(error)))
            continue
        if not view.append_only:
            now[key] = row
        elif row is not None:
            now[key] = row
            added.append(row)
    if view.append_only:
        return Folded(upserts=added, deletes=())
    return Folded(
        upserts=[row for key, row in now.items() if row is not None and row != before.get(key)],
        deletes=[key for key, row in now.items() if row is None and key in before],
    )
