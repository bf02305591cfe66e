"""The commands of runs: request, start, cancel and end the rebuild or verification of a view."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events
from domain.events.operations import ViewRunEnded
from domain.operations.view_run import ViewRun
from domain.vocabulary import AccountId, RunKind


class ViewRunCommand(Command[ViewRun]):
    """A request about one run. The interface checks the role."""

    run: UUID

    @property
    def stream_id(self) -> UUID:
        return self.run

    def initial(self) -> ViewRun:
        return ViewRun()

    def authorize(self, state: ViewRun, context: Context) -> None:
        state.must_exist(self.run)


class RequestViewRun(ViewRunCommand):
    starts_stream: ClassVar[bool] = True

    requested_by: AccountId
    view: str
    kind: RunKind

    def authorize(self, state: ViewRun, context: Context) -> None:
        """The scope and the role decide, before any command."""

    def decide(self, state: ViewRun, context: Context) -> Events:
        return ViewRun.request(self.requested_by, self.view, self.kind)


class StartViewRun(ViewRunCommand):
    def decide(self, state: ViewRun, context: Context) -> Events:
        return state.start()


class CancelViewRun(ViewRunCommand):
    def decide(self, state: ViewRun, context: Context) -> Events:
        return state.cancel()


class EndViewRun(ViewRunCommand):
    result: ViewRunEnded

    def decide(self, state: ViewRun, context: Context) -> Events:
        return state.end(self.result)
