"""What a process that starts says to the person who started it."""

from domain.record import Record


class CannotStart(Exception):
    """A reason not to start, in one sentence for the person who typed the command."""

    exit_code = 1


class BadSetting(CannotStart):
    """A variable that is missing or invalid."""

    exit_code = 2


class OperationRefused(Exception):
    """An operation that is not possible now, in one sentence for the operator."""


class RunningApi(Record):
    """The addresses of an API that `annals dev` has started, and a first call as a shell line."""

    address: str
    docs: str
    curl: str
    mail: str | None = None  # where caught mail is shown
