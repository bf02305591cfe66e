"""The events of the calendar feed of an account. Its secret address is made of the id and a key."""

from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event


class AccountCalendarOpened(Event, tag="account.calendar_opened"):
    """The tasks can be read as a calendar at a secret address, which the id is part of. An address
    of an earlier id no longer works."""

    calendar_id: UUID


class AccountCalendarClosed(Event, tag="account.calendar_closed"):
    """The address of the calendar no longer works."""


CalendarEvent: TypeAlias = AccountCalendarOpened | AccountCalendarClosed
