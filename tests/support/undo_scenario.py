"""Changes and their undoing on a clock of the test's own, with the reaction that goes on series."""

from collections.abc import Sequence
from typing import Any, get_args
from uuid import UUID

from msgspec.structs import replace

from application.command import Command
from application.command_handler import Receipt
from application.reactions.list_reaction import EmptyDeletedLists, Members
from application.reactions.reaction import context_for
from application.reactions.undo_reaction import FinishUndo, TouchedStreams
from application.undo.past_change import initial_of, load_histories
from application.undo.undo_change import undo_change
from domain.aggregate import Aggregate, fold
from domain.errors import DomainError
from domain.events.identity.accounts import AccountRegistered
from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.events.requests import UndoEvent
from domain.inbox import InboxState
from domain.preferences import Preferences
from domain.saved_search import SavedSearch
from domain.series import Series
from domain.task import Task
from domain.task_list import TaskList
from domain.vocabulary import EARLIEST, ChannelName, NotificationId
from tests.support.facts import ADA, context, recorded
from tests.support.memory import MemoryEventStore
from tests.support.series_scenario import SeriesScenario

States = dict[UUID, Aggregate[Any]]
MOST_ENDPOINTS = 3
NOTICE = NotificationId(UUID(int=0xB0B))


UNDO = get_args(UndoEvent)
PIECE = 2  # events of a change in a piece of its undo


class MemoryChangeLog:
    """Implements `application.reactions.undo_reaction.ChangeLog` in memory."""

    def __init__(self, store: MemoryEventStore) -> None:
        self._store = store

    async def history(self, stream: UUID, /) -> Sequence[Recorded]:
        return await self._store.load(stream)

    async def touched(
        self, change_id: UUID, /, *, after: int, until: int, most: int
    ) -> TouchedStreams:
        own = [
            past
            for past in self._store.log
            if past.change_id == change_id and after < past.position <= until
        ][:PIECE]
        streams = list(dict.fromkeys(past.originator_id for past in own))
        return TouchedStreams(streams=streams, then=own[-1].position if len(own) == PIECE else None)


class UndoScenario(SeriesScenario):
    """Every command is a change, numbered from 1; reactions have seen all of it afterwards."""

    changes = 0

    async def has_account_and_notice(self) -> None:
        """Register the account, and put a notification into its inbox."""
        notice = NotificationRequested(
            account_id=ADA,
            channel=ChannelName.IN_APP,
            kind="notice",
            cause=NOTICE,
            occurred_at=self.now,
        )
        registered = AccountRegistered(email="ada@annals.example", name="Ada")
        await self.store.append([recorded(notice, stream=NOTICE), recorded(registered, stream=ADA)])

    async def ask(self, command: Command[Any], *, by: str = str(ADA)) -> Receipt[Any]:
        return await self._record(command, by=by)

    async def undo(
        self, change: int, *, force: bool = False, by: str = str(ADA), most: int = 1_000
    ) -> int:
        """Undo a change; return the change that this is. At most so many streams are put back at
        once, the others by the reaction.

        Raises:
            DomainError: it cannot be undone.
        """
        change_id = UUID(int=change)
        streams = list(dict.fromkeys(past.originator_id for past in self.of_change(change)))
        histories = await load_histories(self.store.load, streams[:most])
        command = undo_change(
            change_id,
            ADA,
            histories,
            most_endpoints=MOST_ENDPOINTS,
            seen=len(self.store.log),
            whole=len(streams) <= most,
            force=force,
        )
        await self._record(command, by=by, causation_id=change_id)
        return self.changes

    async def _record(self, command: Command[Any], **more: Any) -> Receipt[Any]:
        self.changes += 1
        by = more.pop("by")
        asking = context(actor=by, now=self.now)
        if not by.startswith("system:"):
            asking = replace(asking, change_id=UUID(int=self.changes), **more)
        receipt = await self.handler.handle(command, asking)
        try:
            await self.react()
        except DomainError as error:
            raise AssertionError("The rules refuse a reaction.") from error
        return receipt

    async def see(self, recorded: Recorded) -> None:
        await super().see(recorded)
        look = self.handler.current_state
        for reaction in (
            EmptyDeletedLists(self._members),
            FinishUndo(MemoryChangeLog(self.store)),
        ):
            if not isinstance(recorded.event, reaction.listens_to):
                continue
            for selected in await reaction.select([recorded], look):
                for command in await reaction.commands(selected, look):
                    asking = context_for(recorded, reaction, now=self.now)
                    await self.handler.handle(command, asking)

    async def _members(self, list_id: UUID, position: int) -> Members:
        states = self.states().values()
        return Members(
            tasks=[
                each.id
                for each in states
                if isinstance(each, Task) and each.list_id == list_id and each.id
            ],
            series=[
                each.id
                for each in states
                if isinstance(each, Series) and each.template.list_id == list_id and each.id
            ],
        )

    def of_change(self, change: int) -> list[Recorded]:
        """What the view of changes names of a change."""
        return [
            past
            for past in self.store.log
            if past.change_id == UUID(int=change) and not isinstance(past.event, UNDO)
        ]

    def states(self, *, until: int | None = None) -> States:
        """The state of each stream, after so many events of the log."""
        histories: dict[UUID, list[Recorded]] = {}
        for past in self.store.log[:until]:
            if isinstance(past.event, UNDO):
                continue
            histories.setdefault(past.originator_id, []).append(past)
        return {stream: fold(initial_of(past), past) for stream, past in histories.items()}


def comparable(states: States) -> States:
    """The states without what says when something was recorded, and what may come back."""
    return {stream: _comparable(state) for stream, state in states.items()}


def _comparable(state: Aggregate[Any]) -> Aggregate[Any]:
    if isinstance(state, Task):
        return replace(state, version=0, updated_at=None)
    if isinstance(state, Series):
        return replace(state, version=0, withdrawn={})
    if isinstance(state, TaskList):
        return replace(state, version=0, updated_at=None, deleted_position=0)
    if isinstance(state, SavedSearch):
        return replace(state, version=0, updated_at=None)
    if isinstance(state, Preferences):
        return replace(state, version=0, account_id=None)
    if isinstance(state, InboxState):
        return replace(state, version=0, read_until=state.read_until or EARLIEST)
    return replace(state, version=0)


def is_gone(state: Aggregate[Any]) -> bool:
    """Whether what began with a change is gone: deleted, ended, or as if nothing ever was set."""
    match state:
        case Task() | TaskList() | SavedSearch():
            return state.deleted_at is not None
        case Series():
            return not state.running
        case Preferences() | InboxState():
            return _comparable(state) == _comparable(type(state)())
    return False
