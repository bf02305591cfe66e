"""The list of all views."""

from typing import Any

from projections.accounts import Accounts
from projections.due_reminders import DueReminders
from projections.history import History
from projections.inbox import Inbox
from projections.inbox_marks import InboxMarks
from projections.notifications import Notifications
from projections.occurrences import Occurrences
from projections.series_list import SeriesList
from projections.suggestions import Suggestions
from projections.task_list import TaskList
from projections.view import View

VIEWS: tuple[View[Any], ...] = (
    TaskList(),
    History(),
    Accounts(),
    SeriesList(),
    Occurrences(),
    Suggestions(),
    DueReminders(),
    Notifications(),
    Inbox(),
    InboxMarks(),
)


class UnknownView(Exception):
    def __init__(self, name: str) -> None:
        known = ", ".join(view.name for view in VIEWS)
        super().__init__(f"There is no view {name!r}; there are {known}.")


def view_named(name: str) -> View[Any]:
    """Return the view of this name.

    Raises:
        UnknownView: there is none; the message lists those that exist.
    """
    for view in VIEWS:
        if view.name == name:
            return view
    raise UnknownView(name)
