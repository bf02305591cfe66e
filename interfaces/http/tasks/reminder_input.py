"""The body that sets a reminder."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from domain.record import Record
from domain.reminders.spec import ReminderSpec
from interfaces.http.protocol.values import Moment, Zone

Length = Annotated[
    str,
    Meta(
        max_length=40,
        description="ISO 8601: P1D is a calendar day, PT24H is 24 hours",
        examples=["P1D", "PT90M"],
    ),
]


class NewReminder(Record, forbid_unknown_fields=True):
    """Either `at` a moment or a duration `before` the task is due; with `every`, repeated until
    the task is done, `at_most` so many times. `timezone` defines calendar days; by default it
    is the one of your notification preferences."""

    at: Moment | None = None
    before: Length | None = None
    timezone: Zone | UnsetType = UNSET
    every: Length | None = None
    at_most: Annotated[int, Meta(ge=1, le=1000)] | None = None

    def spec(self, timezone: str) -> ReminderSpec:
        """Return the reminder; `timezone` is that of the account."""
        return ReminderSpec(
            at=self.at,
            before=self.before,
            timezone=timezone if self.timezone is UNSET else self.timezone,
            every=self.every,
            at_most=self.at_most,
        )
