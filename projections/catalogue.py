"""The list of all views."""

from typing import Any

from projections.view import View
from projections.views.accounts import Accounts
from projections.views.due_reminders import DueReminders
from projections.views.history import History
from projections.views.inbox import Inbox
from projections.views.inbox_marks import InboxMarks
from projections.views.notifications import Notifications
from projections.views.occurrences import Occurrences
from projections.views.series_list import SeriesList
from projections.views.suggestions import Suggestions
from projections.views.task_list import TaskList

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
        UnknownView: there is no such view; the message lists all.
    """
    for view in VIEWS:
        if view.name == name:
            return view
    raise UnknownView(name)
