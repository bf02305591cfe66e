"""How long a task will take, as its owner estimates it: an ISO 8601 duration."""

from datetime import timedelta
from typing import TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from domain.errors import DurationRefused
from domain.recurrence.duration import duration
from domain.values.task_fields import TaskDetailsChange

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=999)

AnyChange = TypeVar("AnyChange", bound=TaskDetailsChange)


def checked_estimate(text: str | None) -> str | None:
    """Return the estimate in capitals. A day counts as 24 hours.

    Raises:
        DurationRefused: the text is not a duration from 1 minute to 999 hours.
    """
    if text is None:
        return None
    if not SHORTEST <= duration("estimate", text).about <= LONGEST:
        raise DurationRefused("estimate", "An estimate is from 1 minute (PT1M) to 999 hours.")
    return text.upper()


def with_checked_estimate(change: AnyChange) -> AnyChange:
    """Return the change with its estimate in capitals, if it has one.

    Raises:
        DurationRefused: the estimate is not a duration from 1 minute to 999 hours.
    """
    if change.estimate is UNSET:
        return change
    return replace(change, estimate=checked_estimate(change.estimate))
