"""A run: the rebuild or the verification of one view, from its request to its end."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.operations import (
    ViewRunCancelled,
    ViewRunEnded,
    ViewRunEvent,
    ViewRunRequested,
    ViewRunStarted,
)
from domain.events.recorded import Recorded
from domain.operations.refusals import ViewRunHasEnded, ViewRunNotFound
from domain.vocabulary import AccountId, RunKind, RunOutcome

# A run whose process ends is started again, but not for ever: it may be the run that ends it.
MOST_STARTS = 3


class ViewRun(Aggregate[ViewRunEvent]):
    """The present state of a run. Before it is requested it has no view."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(ViewRunEvent))

    version: int = 0
    id: UUID | None = None
    requested_by: AccountId | None = None
    view: str = ""
    kind: RunKind | None = None
    starts: int = 0
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None

    @staticmethod
    def request(by: AccountId, view: str, kind: RunKind) -> Sequence[ViewRunEvent]:
        return [ViewRunRequested(requested_by=by, view=view, kind=kind)]

    def start(self) -> Sequence[ViewRunEvent]:
        """Start the run, or start it again after its process has ended; end it instead if nobody
        wants it any longer, or if it was started too often."""
        if self.ended_at is not None:
            return []
        if self.cancelled_at is not None:
            return [ViewRunEnded(outcome=RunOutcome.CANCELLED)]
        if self.starts >= MOST_STARTS:
            error = f"It was interrupted {self.starts} times: its process or the database ended."
            return [ViewRunEnded(outcome=RunOutcome.FAILED, error=error)]
        return [ViewRunStarted()]

    def cancel(self) -> Sequence[ViewRunEvent]:
        """Cancel the run. One that has not started ends at once.

        Raises:
            ViewRunHasEnded: it has ended already.
        """
        if self.ended_at is not None:
            raise ViewRunHasEnded(self.view)
        if self.cancelled_at is not None:
            return []
        if not self.starts:
            return [ViewRunCancelled(), ViewRunEnded(outcome=RunOutcome.CANCELLED)]
        return [ViewRunCancelled()]

    def end(self, result: ViewRunEnded) -> Sequence[ViewRunEvent]:
        return [] if self.ended_at is not None else [result]

    def must_exist(self, run: UUID) -> None:
        """Refuse what is asked of a run that nobody requested.

        Raises:
            ViewRunNotFound: there is no such run.
        """
        if self.id is None:
            raise ViewRunNotFound(run)

    def evolve(self, event: ViewRunEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case ViewRunRequested(requested_by=by, view=view, kind=kind):
                return replace(
                    now, id=recorded.originator_id, requested_by=by, view=view, kind=kind
                )
            case ViewRunStarted():
                return replace(now, starts=self.starts + 1)
            case ViewRunCancelled():
                return replace(now, cancelled_at=recorded.recorded_at)
            case ViewRunEnded():
                return replace(now, ended_at=recorded.recorded_at)
            case _:
                assert_never(event)
