"""The list of all views."""

from typing import Any

from projections.view import View
from projections.views.accounts import Accounts
from projections.views.audit_trail.changes import Changes
from projections.views.audit_trail.history import History
from projections.views.reminders.due_reminders import DueReminders
from projections.views.reminders.inbox import Inbox
from projections.views.reminders.inbox_marks import InboxMarks
from projections.views.reminders.notifications import Notifications
from projections.views.searching.saved_searches import SavedSearches
from projections.views.tasks.lists import Lists
from projections.views.tasks.occurrences import Occurrences
from projections.views.tasks.series_list import SeriesList
from projections.views.tasks.suggestions import Suggestions
from projections.views.tasks.task_list import TaskListView
from projections.views.view_runs import ViewRuns

VIEWS: tuple[View[Any], ...] = (
    TaskListView(),
    History(),
    Changes(),
    Accounts(),
    SeriesList(),
    Lists(),
    SavedSearches(),
    Occurrences(),
    Suggestions(),
    DueReminders(),
    Notifications(),
    Inbox(),
    InboxMarks(),
    ViewRuns(),
)

# Views of what happened, which nobody looks at right after a change. Under load they go after the
# others, and are up to a quarter of a second later.
PATIENT_VIEWS = frozenset({History.name, Changes.name, Suggestions.name})


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
