"""What an account decides about the address of its calendar."""

from uuid import UUID

from application.commands.identity.calendars import CloseCalendar, OpenCalendar
from domain.errors import AccountIsDisabled
from domain.events.identity.accounts import AccountDisabled, AccountRegistered
from domain.events.identity.calendars import AccountCalendarClosed, AccountCalendarOpened
from tests.support.facts import ADA
from tests.support.scenario import given

REGISTERED = AccountRegistered(email="ada@annals.example", name="Ada")
FIRST, SECOND = UUID(int=1), UUID(int=2)
OPENED = AccountCalendarOpened(calendar_id=FIRST)
OPEN, CLOSE = OpenCalendar(account_id=ADA, calendar_id=SECOND), CloseCalendar(account_id=ADA)


def test_opening_gives_an_address_and_opening_again_another() -> None:
    given(REGISTERED).when(OPEN).then(AccountCalendarOpened(calendar_id=SECOND))
    given(REGISTERED, OPENED).when(OPEN).then(AccountCalendarOpened(calendar_id=SECOND))


def test_closing_what_is_closed_changes_nothing() -> None:
    given(REGISTERED, OPENED).when(CLOSE).then(AccountCalendarClosed())
    given(REGISTERED).when(CLOSE).then_nothing()
    given(REGISTERED, OPENED, AccountCalendarClosed()).when(CLOSE).then_nothing()


def test_a_disabled_account_opens_no_calendar() -> None:
    given(REGISTERED, AccountDisabled(reason="asked")).when(OPEN).then_refused(AccountIsDisabled)
