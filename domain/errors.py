"""Every reason to refuse a request.

DomainError
├── NotFound
│   ├── TaskNotFound
│   ├── AccountNotFound
│   ├── SeriesNotFound
│   ├── RecurrenceNotFound
│   ├── ReminderNotFound
│   ├── NotificationNotFound
│   ├── EndpointNotFound
│   ├── SessionNotFound
│   ├── FactorNotFound
│   └── TokenNotFound
├── Invalid
│   ├── DateOutOfRange
│   ├── DueTwice
│   ├── DurationRefused
│   ├── QuickAddRefused
│   ├── ReminderRefused
│   ├── RuleRefused
│   └── TooManyTags
├── QuotaExceeded
│   ├── TooManyReminders
│   ├── TooManyEndpoints
│   ├── TooManyTokens
│   └── DayQuotaExceeded
├── Refused
│   ├── TaskIsDeleted
│   ├── TaskIsSkipped
│   ├── OccurrenceIsOver
│   ├── TaskDoesNotRecur
│   ├── TaskIsCompleted
│   ├── ReminderIsCancelled
│   ├── NotADeadLetter
│   ├── EmailTaken
│   ├── AddressIsVerified
│   ├── LinkExpired
│   ├── AccountIsDisabled
│   ├── AddressNotProved
│   ├── ProviderIsLinked
│   ├── ProviderLinkTaken
│   └── TooManyFactors
├── Conflict
│   └── RequestInFlight
├── VersionMismatch
└── KeyReused
"""

from datetime import date
from uuid import UUID


class DomainError(Exception):
    """The rules refuse a request. The message may be shown to its sender."""


class NotFound(DomainError):
    """The entity does not exist, or belongs to another account."""


class TaskNotFound(NotFound):
    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"There is no task {task_id}.")


class AccountNotFound(NotFound):
    def __init__(self, account: UUID | str) -> None:
        super().__init__(f"There is no account {account}.")


class ReminderNotFound(NotFound):
    def __init__(self, reminder_id: UUID) -> None:
        super().__init__(f"There is no reminder {reminder_id}.")


class NotificationNotFound(NotFound):
    def __init__(self, notification_id: UUID) -> None:
        super().__init__(f"There is no notification {notification_id}.")


class EndpointNotFound(NotFound):
    def __init__(self, endpoint_id: UUID) -> None:
        super().__init__(f"There is no push subscription or webhook {endpoint_id}.")


class SessionNotFound(NotFound):
    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"There is no session {session_id}.")


class TokenNotFound(NotFound):
    def __init__(self, token_id: UUID) -> None:
        super().__init__(f"There is no access token {token_id}.")


class SeriesNotFound(NotFound):
    def __init__(self, series_id: UUID) -> None:
        super().__init__(f"There is no series {series_id}.")


class RecurrenceNotFound(NotFound):
    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"The task {task_id} does not recur.")


class Invalid(DomainError):
    """A value that is never valid; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class DateOutOfRange(Invalid):
    def __init__(self, field: str, moment: date) -> None:
        super().__init__(field, f"{field} is in the year {moment.year}; use 1970 to 2999.")


class DueTwice(Invalid):
    """A task is due at an instant or on a day, not both."""

    def __init__(self) -> None:
        super().__init__(
            "due_on", "Give either due_at (a moment) or due_on (a day); the other can be null."
        )


class TooManyTags(Invalid):
    def __init__(self, count: int) -> None:
        super().__init__("tags", f"{count} tags are too many; a task can have at most 50.")


class ShowsNothing(Invalid):
    """A text of characters that nobody sees."""

    def __init__(self, field: str) -> None:
        super().__init__(field, f"{field} has no visible character; write at least one.")


class DurationRefused(Invalid):
    """A duration that cannot be read, or cannot be used here."""


class ReminderRefused(Invalid):
    """A reminder that could never be sent."""


class QuickAddRefused(Invalid):
    """A text that is no task in a line."""


class RuleRefused(Invalid):
    """An invalid recurrence; `part` names the part at fault, such as INTERVAL."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(part, message)
        self.part = part


class Refused(DomainError):
    """The entity exists, but its state does not allow this."""


class TaskIsDeleted(Refused):
    def __init__(self) -> None:
        super().__init__("The task is deleted; restore it first.")


class TaskIsCompleted(Refused):
    def __init__(self) -> None:
        super().__init__("The task is completed, so its reminders are off; reopen it first.")


class QuotaExceeded(DomainError):
    """The account has as much as it may have; the message says the number."""


class DayQuotaExceeded(QuotaExceeded):
    """The account has recorded as much as it may in a day; the next begins in `retry_after` s."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyReminders(QuotaExceeded):
    def __init__(self, most: int) -> None:
        super().__init__(f"A task can have at most {most} pending reminders.")


class ReminderIsCancelled(Refused):
    def __init__(self) -> None:
        super().__init__("The reminder is cancelled; set a new one.")


class TooManyEndpoints(QuotaExceeded):
    def __init__(self, what: str, most: int) -> None:
        super().__init__(
            f"This account has {most} {what}, the most that ANNALS_ENDPOINTS allows. Remove some of"
            " them."
        )


class TooManyTokens(QuotaExceeded):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"This account has {most} access tokens, the most that ANNALS_TOKENS allows. Revoke"
            " some of them."
        )


class NotADeadLetter(Refused):
    def __init__(self, state: str) -> None:
        super().__init__(f"The notification is {state}; it is not a dead letter.")


class TaskIsSkipped(Refused):
    def __init__(self) -> None:
        super().__init__("This occurrence is skipped; unskip it first.")


class OccurrenceIsOver(Refused):
    def __init__(self) -> None:
        super().__init__("This occurrence is done or skipped; choose one that is open.")


class TaskDoesNotRecur(Refused):
    def __init__(self) -> None:
        super().__init__("The task does not recur; PUT its recurrence first.")


class EmailTaken(Refused):
    def __init__(self) -> None:
        super().__init__("An account with this email address exists already.")


class FactorNotFound(NotFound):
    def __init__(self, factor_id: UUID) -> None:
        super().__init__(f"The account has no second factor {factor_id}.")


class TooManyFactors(Refused):
    def __init__(self, most: int) -> None:
        super().__init__(f"An account has at most {most} second factors; remove one first.")


class AddressIsVerified(Refused):
    def __init__(self) -> None:
        super().__init__("The address of the account is verified already.")


class LinkExpired(Refused):
    def __init__(self) -> None:
        super().__init__("This link was used, or is too old; ask for a new one.")


class AccountIsDisabled(Refused):
    def __init__(self) -> None:
        super().__init__("The account is disabled; an administrator can enable it.")


class AddressNotProved(Refused):
    def __init__(self) -> None:
        super().__init__(
            "An account has this email address, and it was not proved that it is yours. Log in to"
            " the account with its password, verify its address, and link the provider then."
        )


class ProviderIsLinked(Refused):
    def __init__(self, issuer: str) -> None:
        super().__init__(f"The account has another login at {issuer}; unlink that first.")


class ProviderLinkTaken(Refused):
    def __init__(self) -> None:
        super().__init__("This login at the provider belongs to another account.")


class Conflict(DomainError):
    """Another command was recorded first at one of these versions."""

    def __init__(self, stream_id: UUID) -> None:
        super().__init__("Another request changed this at the same time; read it again and retry.")
        self.stream_id = stream_id


class RequestInFlight(Conflict):
    def __init__(self, stream_id: UUID) -> None:
        super().__init__(stream_id)
        self.args = ("A request with this Idempotency-Key is still in progress; retry later.",)


class VersionMismatch(DomainError):
    """The request expects another version than the current one."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"Expected version {expected}; the current version is {actual}.")
        self.expected, self.actual = expected, actual


class KeyReused(DomainError):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request; choose a new one.")
