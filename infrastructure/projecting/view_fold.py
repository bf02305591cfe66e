"""Folds a stretch of the log into rows: pure, in memory, the same for every way to build a view."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.store.event_log import Undecodable, topic
from projections.view import Key, Row, View


class ProjectionError(Exception):
    """A view cannot take in an event; the message says which event and why."""

    @classmethod
    def event(cls, view: str, entry: Recorded | Undecodable, error: str) -> "ProjectionError":
        return cls(
            f"The view {view} cannot take in the event at position {entry.position}"
            f" ({topic(entry)}, version {entry.originator_version} of stream"
            f" {entry.originator_id}): {error}"
        )


class Folded(Record, Generic[Row]):
    """The rows to write, and the keys of the rows to delete."""

    upserts: Sequence[Row]
    deletes: Sequence[Key]


def fold(view: View[Row], before: Mapping[Key, Row], facts: Iterable[Recorded]) -> Folded[Row]:
    """Return how `facts` change the rows `before`, which are given by key."""
    now: dict[Key, Row | None] = {}
    added: list[Row] = []
    for recorded in facts:
        key = view.key(recorded)
        row = view.evolve(now[key] if key in now else before.get(key), recorded)
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


def facts_of(view: View[Row], entries: Iterable[Recorded | Undecodable]) -> list[Recorded]:
    """Return the entries as facts.

    Raises:
        ProjectionError: an entry cannot be decoded.
    """
    facts = []
    for entry in entries:
        if isinstance(entry, Undecodable):
            raise ProjectionError.event(view.name, entry, entry.error)
        facts.append(entry)
    return facts
