"""The events of what operators do over the API: to the log, its readers and its views."""

from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event
from domain.record import Record
from domain.vocabulary import AccountId, RunKind, RunOutcome


class PayloadRead(Event, tag="operations.payload_read"):
    """An operator read the events of a stream with their data, for this reason. Recorded once for
    each reader, stream and hour."""

    reader: AccountId
    stream: UUID
    reason: str


class ParkedEventRetried(Event, tag="operations.parked_event_retried"):
    """An operator retries an event that a view or a reaction parked."""

    view: str
    position: int


class ParkedEventDiscarded(Event, tag="operations.parked_event_discarded"):
    """An operator accepts that a view, a reaction or the relay stays without a parked event."""

    view: str
    position: int


OperationsEvent: TypeAlias = PayloadRead | ParkedEventRetried | ParkedEventDiscarded


class ViewRunRequested(Event, tag="view_run.requested"):
    """An administrator requests that a view be rebuilt or verified."""

    requested_by: AccountId
    view: str
    kind: RunKind


class ViewRunStarted(Event, tag="view_run.started"):
    """A process starts the run: the first, or another after that ended."""


class ViewRunCancelled(Event, tag="view_run.cancelled"):
    """An administrator cancels the run: its process stops it, unless it is finished by then."""


class RowDifference(Record):
    """A row of a view that differs from the log: its key, and the columns that differ. `missing_in`
    is `table` or `log` where only the other has the row. The contents stay out of the log."""

    key: str
    columns: tuple[str, ...] = ()
    missing_in: str | None = None


class ViewRunEnded(Event, tag="view_run.ended"):
    """The run ended. `position` is the log position up to which it rebuilt or verified the view,
    `rows` the number of rows that it compared, `different` how many of them differ from the log;
    `differences` are the first. `parked` counts the events that the view fails to process. `error`
    says why the run failed."""

    outcome: RunOutcome
    position: int | None = None
    rows: int | None = None
    different: int = 0
    parked: int = 0
    differences: tuple[RowDifference, ...] = ()
    error: str | None = None


ViewRunEvent: TypeAlias = ViewRunRequested | ViewRunStarted | ViewRunCancelled | ViewRunEnded
