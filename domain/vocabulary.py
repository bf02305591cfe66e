"""The types that all layers share: ids, enumerations, dates, and texts with their limits."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, NewType, TypeAlias
from uuid import UUID

from msgspec import Meta

from domain.errors import DateOutOfRange

TaskId = NewType("TaskId", UUID)
SeriesId = NewType("SeriesId", UUID)
AccountId = NewType("AccountId", UUID)
ReminderId = NewType("ReminderId", UUID)
NotificationId = NewType("NotificationId", UUID)
EndpointId = NewType("EndpointId", UUID)
FactorId = NewType("FactorId", UUID)
SessionId = NewType("SessionId", UUID)
PasswordResetId = NewType("PasswordResetId", UUID)
TokenId = NewType("TokenId", UUID)
ListId = NewType("ListId", UUID)
SearchId = NewType("SearchId", UUID)

# A stored date is one of these. Arithmetic between them raises TypeError, so a stored event with
# the wrong one is unreadable like any other wrong value (`infrastructure/store/mapper.py`).
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""A date and time with its UTC offset."""
WallTime: TypeAlias = Annotated[datetime, Meta(tz=False)]
"""A date and time of the clock in some time zone, without an offset."""


class Status(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    DELETED = "deleted"
    SKIPPED = "skipped"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ListTasks(StrEnum):
    """What becomes of the tasks of a list that is deleted."""

    KEEP = "keep"  # they are in no list
    DELETE = "delete"
    MOVE = "move"


class Role(StrEnum):
    USER = "user"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a personal access token may do; a session may do all of it."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_WRITE = "notifications:write"
    AUDIT_READ = "audit:read"
    ACCOUNT_READ = "account:read"
    ADMIN = "admin"  # beside the role of the same name, and nothing without it


class Standing(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class SignInMethod(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - a method
    OIDC = "oidc"
    PASSKEY = "passkey"
    TOKEN_CLI = "token-cli"  # noqa: S105 - `annals token`


class FactorKind(StrEnum):
    """What proves who someone is, beside a password or instead of it."""

    TOTP = "totp"  # codes of an app (RFC 6238)
    PASSKEY = "passkey"  # WebAuthn


class SessionEnd(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    ASKED = "asked"  # from another session of the account
    EXPIRED = "expired"
    REUSED = "reused"  # a refresh token was used twice, so it may be stolen
    LIMIT = "limit"  # the account has too many; the oldest ended
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
    DISABLED = "disabled"
    DELETED = "deleted"
    OPERATOR = "operator"


class PasswordChange(StrEnum):
    """How a password was changed."""

    ASKED = "asked"
    RESET = "reset"
    OPERATOR = "operator"


class ReminderState(StrEnum):
    PENDING = "pending"
    RUNG = "rung"
    MISSED = "missed"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a reminder was cancelled."""

    ASKED = "asked"
    COMPLETED = "completed"
    DELETED = "deleted"
    SKIPPED = "skipped"
    NO_DUE_DATE = "no_due_date"
    PASSED = "passed"
    SERIES = "series"  # the series of the task no longer has it
    ACCOUNT_DELETED = "account_deleted"


class ChannelName(StrEnum):
    EMAIL = "email"
    IN_APP = "in_app"
    WEB_PUSH = "web_push"
    WEBHOOK = "webhook"


class When(StrEnum):
    """When a channel is used: always, or while no stream or socket of the account is open."""

    ALWAYS = "always"
    OFFLINE = "offline"


class Topic(StrEnum):
    """A kind of event that an account can subscribe to."""

    REMINDER = "reminder"
    TASK_CREATED = "task.created"
    TASK_RESCHEDULED = "task.rescheduled"
    TASK_COMPLETED = "task.completed"
    TASK_REOPENED = "task.reopened"
    TASK_DELETED = "task.deleted"


class RunKind(StrEnum):
    """What a run does with a view."""

    REBUILD = "rebuild"
    VERIFY = "verify"


class RunOutcome(StrEnum):
    """How a run of a view ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# Characters that command a terminal, or that some programs take for the end of a line.
_NO_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# One visible line: no control characters, and not only white space.
_ONE_LINE = rf"^[^{_NO_CONTROL}]*[^\s{_NO_CONTROL}][^{_NO_CONTROL}]*\Z"

Title = Annotated[
    str,
    Meta(min_length=1, max_length=500, pattern=_ONE_LINE, description="One line"),
]
Description = Annotated[
    str, Meta(max_length=20_000, pattern=r"^[^\x00]*\Z", description="At most 20,000 characters")
]
Tag = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        # No comma, because `tags=a,b` asks for both a and b; no white space at either end.
        pattern=rf"^[^\s{_NO_CONTROL},]([^{_NO_CONTROL},]*[^\s{_NO_CONTROL},])?\Z",
        description="1–50 characters, no comma, no white space at either end",
    ),
]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=50, description="At most 50, order kept")]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_ONE_LINE, description="One line")]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=r"^[^\s@\x00-\x1f\x7f<>,;:\x22()\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\Z",
        description="An email address",
    ),
]

# Outside these years a date is a mistake, and arithmetic on it would overflow.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)


def in_utc(field: str, moment: datetime) -> datetime:
    """Return the moment in UTC.

    Raises:
        DateOutOfRange: it is before 1970 or after 2999.
    """
    if not EARLIEST <= moment < LATEST:
        raise DateOutOfRange(field, moment)
    return moment.astimezone(UTC)


def day_in_range(field: str, day: date) -> date:
    """Return the day.

    Raises:
        DateOutOfRange: it is before 1970 or after 2999.
    """
    if not EARLIEST.year <= day.year < LATEST.year:
        raise DateOutOfRange(field, day)
    return day
