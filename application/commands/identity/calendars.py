"""Requests to open the calendar feed of an account, and to close it."""

from uuid import UUID

from application.command import Context, Events
from application.commands.identity.accounts import AccountCommand
from domain.identity.account import Account


class OpenCalendar(AccountCommand):
    """Give the calendar a new address; an earlier one no longer works."""

    calendar_id: UUID

    def decide(self, state: Account, context: Context) -> Events:
        return state.open_calendar(self.calendar_id)


class CloseCalendar(AccountCommand):
    def decide(self, state: Account, context: Context) -> Events:
        return state.close_calendar()
