"""The values of lists, saved searches, marks of the inbox and names, and how they are put back."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from domain.events.identity.accounts import AccountRenamed
from domain.events.lists import (
    ListArchived,
    ListDeleted,
    ListEvent,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
from domain.events.notifications import InboxRead, NotificationRead, NotificationUnread
from domain.events.searches import (
    SavedSearchEvent,
    SearchChanged,
    SearchDeleted,
    SearchRenamed,
    SearchRestored,
)
from domain.identity.account import Account
from domain.inbox import InboxState
from domain.notification import Notification
from domain.record import Record
from domain.saved_search import SavedSearch
from domain.task_list import TaskList
from domain.undo.effect import Values
from domain.vocabulary import EARLIEST, AccountId, ListId, ListTasks


class ListDeletion(Record):
    """When a list was deleted, and what becomes of its tasks."""

    deleted_at: datetime
    tasks: ListTasks
    to: ListId | None


class Mark(Record):
    """The last mark of a notification; `marked_at` is None before the first."""

    read: bool
    marked_at: datetime | None


def list_values(task_list: TaskList) -> Values:
    """Return the values of a list."""
    if task_list.id is None:
        return {}
    at = task_list.deleted_at
    return {
        "name": task_list.name,
        "position": task_list.position,
        "archived": task_list.archived_at,
        "deleted": at and ListDeletion(deleted_at=at, tasks=task_list.tasks, to=task_list.to),
    }


def give_list(wanted: Values) -> Sequence[ListEvent]:
    """Return the events after which a list has the `wanted` values, and keeps its others."""
    events: list[ListEvent] = []
    if wanted.get("deleted", UNSET) is None:
        events.append(ListRestored())
    if "name" in wanted:
        events.append(ListRenamed(name=wanted["name"]))
    if "position" in wanted:
        events.append(ListMoved(position=wanted["position"]))
    if "archived" in wanted:
        at = wanted["archived"]
        events.append(ListUnarchived() if at is None else ListArchived(archived_at=at))
    if deletion := wanted.get("deleted"):
        events.append(
            ListDeleted(tasks=deletion.tasks, to=deletion.to, deleted_at=deletion.deleted_at)
        )
    return events


def search_values(search: SavedSearch) -> Values:
    """Return the values of a saved search."""
    if search.id is None:
        return {}
    return {"name": search.name, "filter": search.filter, "deleted": search.deleted_at}


def give_search(wanted: Values) -> Sequence[SavedSearchEvent]:
    """Return the events after which a saved search has the `wanted` values, and keeps its
    others."""
    events: list[SavedSearchEvent] = []
    if wanted.get("deleted", UNSET) is None:
        events.append(SearchRestored())
    if "name" in wanted:
        events.append(SearchRenamed(name=wanted["name"]))
    if "filter" in wanted:
        events.append(SearchChanged(filter=dict(wanted["filter"])))
    if deleted_at := wanted.get("deleted"):
        events.append(SearchDeleted(deleted_at=deleted_at))
    return events


def notification_values(notification: Notification) -> Values:
    """Return what a person sets of a notification: its mark in the inbox."""
    if notification.request is None:
        return {}
    return {"mark": Mark(read=notification.read, marked_at=notification.marked_at)}


def give_notification(wanted: Values) -> Sequence[NotificationRead | NotificationUnread]:
    """Return the event after which a notification has the mark again."""
    mark = wanted.get("mark")
    if not isinstance(mark, Mark):
        return []
    if mark.read and mark.marked_at is not None:
        return [NotificationRead(marked_at=mark.marked_at)]
    return [NotificationUnread(marked_at=mark.marked_at)]


def inbox_values(inbox: InboxState) -> Values:
    """Return until when the inbox as a whole is read: 1970 if it never was."""
    return {"read_until": inbox.read_until or EARLIEST}


def give_inbox(account: AccountId, wanted: Values) -> Sequence[InboxRead]:
    """Return the event after which the inbox is read until the `wanted` moment."""
    return [InboxRead(account_id=account, until=until) for until in wanted.values()]


def account_values(account: Account) -> Values:
    """Return what of an account can be put back: its name."""
    return {} if account.id is None else {"name": account.name}


def give_account(wanted: Values) -> Sequence[AccountRenamed]:
    """Return the event after which an account has the `wanted` name."""
    return [AccountRenamed(name=name) for name in wanted.values()]
