"""Every reason to refuse.

DomainError
├── NotFound
│   ├── TaskNotFound
│   ├── AccountNotFound
│   ├── SeriesNotFound
│   ├── RecurrenceNotFound
│   ├── ReminderNotFound
│   ├── NotificationNotFound
│   └── EndpointNotFound
├── Invalid
│   ├── DateOutOfRange
│   ├── DurationRefused
│   ├── ReminderRefused
│   ├── RuleRefused
│   └── TooManyTags
├── Refused
│   ├── TaskIsDeleted
│   ├── TaskIsSkipped
│   ├── OccurrenceIsOver
│   ├── TaskDoesNotRecur
│   ├── TaskIsCompleted
│   ├── TooManyReminders
│   ├── ReminderIsCancelled
│   ├── TooManyEndpoints
│   ├── NotADeadLetter
│   └── EmailTaken
├── Conflict
│   └── RequestInFlight
├── VersionMismatch
└── KeyReused
"""

from datetime import datetime
from uuid import UUID


class DomainError(Exception):
    """A request the rules turn down. Its message is fit for the person who asked."""


class NotFound(DomainError):
    """The thing named does not exist, or belongs to someone else."""


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


class SeriesNotFound(NotFound):
    def __init__(self, series_id: UUID) -> None:
        super().__init__(f"There is no series {series_id}.")


class RecurrenceNotFound(NotFound):
    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"The task {task_id} does not recur.")


class Invalid(DomainError):
    """A value no rule can accept; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class DateOutOfRange(Invalid):
    def __init__(self, field: str, moment: datetime) -> None:
        super().__init__(field, f"{field} is in the year {moment.year}; use 1970 to 2999.")


class TooManyTags(Invalid):
    def __init__(self, count: int) -> None:
        super().__init__("tags", f"{count} tags are too many; a task bears at most 50.")


class DurationRefused(Invalid):
    """A length of time that cannot be read, or not be used here."""


class ReminderRefused(Invalid):
    """A reminder that could never ring."""


class RuleRefused(Invalid):
    """A recurrence that cannot be kept; `part` names the piece at fault, such as INTERVAL."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(part, message)
        self.part = part


class Refused(DomainError):
    """The thing exists, but not in a state that allows this."""


class TaskIsDeleted(Refused):
    def __init__(self) -> None:
        super().__init__("The task is deleted; restore it first.")


class TaskIsCompleted(Refused):
    def __init__(self) -> None:
        super().__init__("The task is completed and rings no more; reopen it first.")


class TooManyReminders(Refused):
    def __init__(self, most: int) -> None:
        super().__init__(f"A task has at most {most} reminders that are still to ring.")


class ReminderIsCancelled(Refused):
    def __init__(self) -> None:
        super().__init__("The reminder is cancelled; set a new one.")


class TooManyEndpoints(Refused):
    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"There are at most {most} {what}; remove one first.")


class NotADeadLetter(Refused):
    def __init__(self, state: str) -> None:
        super().__init__(f"The notification is {state}, and no dead letter.")


class TaskIsSkipped(Refused):
    def __init__(self) -> None:
        super().__init__("This occurrence is skipped; unskip it first.")


class OccurrenceIsOver(Refused):
    def __init__(self) -> None:
        super().__init__("This occurrence is done or skipped; take one that is still open.")


class TaskDoesNotRecur(Refused):
    def __init__(self) -> None:
        super().__init__("The task does not recur; PUT its recurrence first.")


class EmailTaken(Refused):
    def __init__(self) -> None:
        super().__init__("An account with this email address exists already.")


class Conflict(DomainError):
    """Another command was recorded first at one of these versions."""

    def __init__(self, stream_id: UUID) -> None:
        super().__init__("Someone else changed this at the same moment; read it again and retry.")
        self.stream_id = stream_id


class RequestInFlight(Conflict):
    def __init__(self, stream_id: UUID) -> None:
        super().__init__(stream_id)
        self.args = ("A request with this Idempotency-Key is still being answered; ask again.",)


class VersionMismatch(DomainError):
    """The asker expected another version than the one that stands."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"You expected version {expected}, but version {actual} stands.")
        self.actual = actual


class KeyReused(DomainError):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request; choose a new one.")
