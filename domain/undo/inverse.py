"""The events that undo a change, stream by stream, and what cannot be put back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.recorded import AnyEvent
from domain.events.series import SeriesEnded
from domain.identity.account import Account
from domain.inbox import InboxState
from domain.notification import Notification
from domain.preferences import Preferences
from domain.record import Record
from domain.saved_search import SavedSearch
from domain.series import Series
from domain.task import Task
from domain.task_list import TaskList
from domain.undo.effect import Effect, Values, changed_names
from domain.undo.other_values import (
    account_values,
    give_account,
    give_inbox,
    give_list,
    give_notification,
    give_search,
    inbox_values,
    list_values,
    notification_values,
    search_values,
)
from domain.undo.preferences_values import give_preferences, preferences_values, unchanged
from domain.undo.series_values import (
    COURSE,
    OCCURRENCE,
    give_series,
    opposite_skips,
    series_values,
)
from domain.undo.task_values import give_task, merged_tags, only_rang, task_values
from domain.vocabulary import AccountId, ListTasks


class Inverse(Record):
    """The events that undo what a change did to one stream. `left` names the values that were
    changed again since, which these events leave alone."""

    events: Sequence[AnyEvent] = ()
    left: tuple[str, ...] = ()


def values_of(state: Aggregate[Any]) -> Values:
    """Return the values of a state, of one of the kinds that can be undone."""
    match state:
        case Task():
            return task_values(state)
        case Series():
            return series_values(state)
        case TaskList():
            return list_values(state)
        case Preferences():
            return preferences_values(state)
        case SavedSearch():
            return search_values(state)
        case Notification():
            return notification_values(state)
        case InboxState():
            return inbox_values(state)
        case Account():
            return account_values(state)
    raise TypeError(f"{type(state).__name__} has no values that can be put back")


def inverses(
    effects: Mapping[UUID, Effect], now: Mapping[UUID, Aggregate[Any]], account: AccountId
) -> Mapping[UUID, Inverse]:
    """Return how to undo a change of an account on every stream, given their present states.

    If a task that the change made is left, its series goes on from there as well.
    """
    found = {stream: inverse(effect, now[stream], account) for stream, effect in effects.items()}
    left = any(
        effects[stream].began and each.left and isinstance(now[stream], Task)
        for stream, each in found.items()
    )
    if not left:
        return found
    return {
        stream: _without_course(effects[stream], now[stream], each, account)
        if isinstance(now[stream], Series)
        else each
        for stream, each in found.items()
    }


def inverse(effect: Effect, now: Aggregate[Any], account: AccountId) -> Inverse:
    """Return how to undo a change of an account on one stream, given its present state.

    A value is put back if it still is what the change made it; tags are put back one by one.
    What the change began is deleted or ended, if nothing of it was changed since.
    """
    present = values_of(now)
    if effect.began:
        return _ended(effect, now, present)
    wanted: dict[str, Any] = {}
    left: list[str] = []
    for name, old in effect.before.items():
        value = present.get(name, UNSET)
        if value == old:
            continue
        if name == "tags" and isinstance(now, Task):
            tags = merged_tags(old, effect.after[name], value)
            wanted |= {} if tags == value else {name: tags}
        elif name in effect.torn or not unchanged(old, effect.after[name], value):
            left.append(name)
        else:
            wanted[name] = old
    deleted = isinstance(now, Task | TaskList | SavedSearch) and now.deleted_at is not None
    if deleted and "deleted" not in wanted:
        return Inverse(left=(*wanted, *left))
    return Inverse(events=_give(now, wanted, effect, account), left=tuple(left))


def _give(
    now: Aggregate[Any], wanted: Values, effect: Effect, account: AccountId
) -> Sequence[AnyEvent]:
    match now:
        case Task():
            return give_task(now, wanted)
        case Series():
            return [*opposite_skips(effect.events), *give_series(now, wanted)]
        case TaskList():
            return give_list(wanted)
        case Preferences():
            return give_preferences(now, account, wanted)
        case SavedSearch():
            return give_search(wanted)
        case Notification():
            return give_notification(wanted)
        case InboxState():
            return give_inbox(account, wanted)
        case Account():
            return give_account(wanted)
    return []


def _ended(effect: Effect, now: Aggregate[Any], present: Values) -> Inverse:
    match now:
        case Task() | TaskList() | SavedSearch() if now.deleted_at is not None:
            return Inverse()
        case Series() if now.ended_at is not None and not now.exhausted:
            return Inverse()
    changed = [
        name
        for name in dict.fromkeys((*changed_names(effect.after, present), *sorted(effect.torn)))
        if not only_rang(effect.after.get(name), present.get(name))
    ]
    if changed:
        return Inverse(left=tuple(changed))
    match now:
        case Task():
            return Inverse(events=now.delete())
        case TaskList():
            return Inverse(events=now.delete(ListTasks.KEEP, None))
        case SavedSearch():
            return Inverse(events=now.delete())
    return Inverse(events=[SeriesEnded()])


def _without_course(
    effect: Effect, now: Aggregate[Any], found: Inverse, account: AccountId
) -> Inverse:
    course = {name for name in effect.before if name in COURSE or name.startswith(OCCURRENCE)} or (
        {"progress"} if effect.began else set()
    )
    if effect.began:
        return Inverse(left=(*found.left, *sorted(course - {*found.left})))
    before = {name: value for name, value in effect.before.items() if name not in course}
    rest = inverse(replace(effect, before=before), now, account)
    return replace(rest, left=(*rest.left, *sorted(course)))
