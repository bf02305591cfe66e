"""Every reason to refuse.

DomainError
├── NotFound
│   ├── TaskNotFound
│   └── AccountNotFound
├── Invalid
│   ├── DateOutOfRange
│   ├── RuleRefused
│   └── TooManyTags
├── Refused
│   ├── TaskIsDeleted
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
