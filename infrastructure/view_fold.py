"""Folds a stretch of the log into rows, in memory: pure, and the same wherever a view is built."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, get_args

from domain.events import AnyEvent, Recorded
from domain.record import Record
from infrastructure.event_log import Undecodable
from infrastructure.mapper import topic_of
from projections.view import Key, Row, View

KNOWN_TOPICS = frozenset(topic_of(event) for event in get_args(AnyEvent))


class Indigestible(Exception):
    """A view cannot be given this fact."""

    def __init__(self, view: str, entry: Recorded | Undecodable, error: str) -> None:
        super().__init__(
            f"The view {view} cannot be given the event at position {entry.position}"
            f" ({topic(entry)}, version {entry.originator_version} of stream"
            f" {entry.originator_id}): {error}"
        )


class Folded(Record, Generic[Row]):
    """What is to be written, and which of the rows there were are to go."""

    rows: Sequence[Row]
    gone: Sequence[Key]


class Concern:
    """Which entries of the log are a view's business."""

    def __init__(self, view: View[Row]) -> None:
        self._types = frozenset(view.listens_to)
        self.topics = frozenset(topic_of(event) for event in view.listens_to)

    def of(self, entries: Iterable[Recorded | Undecodable]) -> list[Recorded | Undecodable]:
        """Return those of its own, and those that nobody knows: they could be anyone's."""
        return [
            entry
            for entry in entries
            if (
                entry.topic in self.topics or entry.topic not in KNOWN_TOPICS
                if isinstance(entry, Undecodable)
                else type(entry.event) in self._types
            )
        ]


def fold(view: View[Row], before: Mapping[Key, Row], facts: Iterable[Recorded]) -> Folded[Row]:
    """Return what becomes of the rows `before` (by key) once `facts` have happened."""
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
        return Folded(rows=added, gone=())
    return Folded(
        rows=[row for key, row in now.items() if row is not None and row != before.get(key)],
        gone=[key for key, row in now.items() if row is None and key in before],
    )


def topic(entry: Recorded | Undecodable) -> str:
    return entry.topic if isinstance(entry, Undecodable) else topic_of(type(entry.event))
