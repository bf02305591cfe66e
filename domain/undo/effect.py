"""What a change did to one stream: the values that it changed, before and after."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from msgspec import UNSET

from domain.aggregate import Aggregate, State, fold
from domain.events.recorded import AnyEvent, Recorded
from domain.record import Record
from domain.undo.outcomes import stays

Values: TypeAlias = Mapping[str, Any]
"""The values of a state by name. A state that does not exist yet has none."""


class Effect(Record):
    """The values that a change set, as they were `before` (UNSET: there was none) and `after`.

    `began`: the stream began with the change; `after` has all values then. `torn` are values that
    others changed between two events of the change. `events` are those of the change.
    """

    began: bool
    before: Values
    after: Values
    torn: frozenset[str]
    events: tuple[AnyEvent, ...]


def effect_of(
    initial: State,
    history: Sequence[Recorded],
    is_of_change: Callable[[Recorded], bool],
    values_of: Callable[[Aggregate[Any]], Values],
) -> Effect:
    """Return what the change did, given the whole history of the stream."""
    state: Aggregate[Any] = initial
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    torn: set[str] = set()
    events: list[AnyEvent] = []
    left: Values | None = None  # the values after the last event of the change so far
    began = False
    ours_or_not = groupby(history, key=lambda each: is_of_change(each) and not stays(each))
    for ours, stretch in ours_or_not:
        part = list(stretch)
        then = fold(state, part)
        if ours:
            old, new = values_of(state), values_of(then)
            began = began or not old
            torn.update(() if left is None else changed_names(left, old))
            for name in changed_names(old, new):
                before.setdefault(name, old.get(name, UNSET))
                after[name] = new.get(name, UNSET)
            events += [each.event for each in part]
            left = new
        state = then
    if began:
        return Effect(
            began=True, before={}, after=left or {}, torn=frozenset(torn), events=tuple(events)
        )
    for name in [name for name in before if before[name] == after[name]]:
        del before[name], after[name]
    return Effect(
        began=False, before=before, after=after, torn=frozenset(torn), events=tuple(events)
    )


def changed_names(one: Values, other: Values) -> list[str]:
    """Return the names of the values that differ."""
    names = dict.fromkeys((*one, *other))
    return [name for name in names if one.get(name, UNSET) != other.get(name, UNSET)]
