"""Request to undo a change: new events on every stream that it touched, in one append."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from application.command import Command, Context, Decision, States
from application.policy import may_access
from application.undo.past_change import Histories, effects_of, initial_of
from domain.aggregate import Aggregate
from domain.events.recorded import Recorded
from domain.events.requests import ChangeUndone
from domain.identity.account import Account
from domain.inbox import InboxState
from domain.notification import Notification
from domain.preferences import Preferences
from domain.saved_search import SavedSearch
from domain.series import Series
from domain.task import Task
from domain.task_list import TaskList
from domain.undo.effect import Effect
from domain.undo.inverse import inverses
from domain.undo.preferences_values import check_room
from domain.undo.refusals import CannotUndo, ChangeNotFound, NotUndoable
from domain.undo.undone_change import UndoneChange
from domain.values.streams import inbox_stream, preferences_stream, undo_stream
from domain.vocabulary import AccountId


class UndoChange(Command[Aggregate[Any]]):
    """Put back what a change of `account` did, as its `effects` say, by stream.

    `initial_states` are those of the same streams. With `force`, values that were changed again
    since are left as they are; without it, they refuse the request. The account has at most
    `most_endpoints` webhooks, and as many push subscriptions. The effects are those up to the log
    position `seen`; of a large change, those on streams that it first touched up to `after`: the
    reaction FinishUndo puts back the others.
    """

    change_id: UUID
    account: AccountId
    effects: Mapping[UUID, Effect]
    initial_states: States
    force: bool = False
    most_endpoints: int
    seen: int = 0
    after: int | None = None

    @property
    def stream_id(self) -> UUID:
        return next(iter(self.effects))

    def initial(self) -> Aggregate[Any]:
        return self.initial_states[self.stream_id]

    def authorize(self, state: Aggregate[Any], context: Context) -> None:
        self._authorize(self.stream_id, state, context)

    def related_streams(self, state: Aggregate[Any]) -> States:
        others = {
            stream: self.initial_states[stream]
            for stream in self.effects
            if stream != self.stream_id
        }
        return {**others, undo_stream(self.change_id): UndoneChange()}

    def decide(self, state: Aggregate[Any], context: Context) -> Decision:
        states = {self.stream_id: state, **context.related}
        states.pop(undo_stream(self.change_id))
        for stream, each in states.items():
            self._authorize(stream, each, context)
        found = inverses(self.effects, states, self.account)
        left = {stream: each.left for stream, each in found.items() if each.left}
        events = {stream: each.events for stream, each in found.items() if each.events}
        if (left and not self.force) or not events:
            raise CannotUndo(left)
        for stream, each in states.items():
            if isinstance(each, Preferences):
                check_room(each, events.get(stream, ()), self.most_endpoints)
        undone = ChangeUndone(
            account_id=self.account, change_id=self.change_id, seen=self.seen, after=self.after
        )
        return Decision(events=events | {undo_stream(self.change_id): [undone]})

    def _authorize(self, stream: UUID, state: Aggregate[Any], context: Context) -> None:
        owner = owner_of(stream, state, self.account)
        if owner != self.account or not may_access(owner, context):
            raise ChangeNotFound(self.change_id)


def owner_of(stream: UUID, state: Aggregate[Any], account: AccountId) -> AccountId | None:
    """Return the account that a stream belongs to, `account` for its streams that do not say so."""
    match state:
        case Task() | Series() | TaskList() | SavedSearch():
            return state.owner
        case Notification():
            return state.account_id
        case Account():
            return state.id if state.active else None
        case InboxState() if stream == inbox_stream(account):
            return account
        case Preferences() if stream == preferences_stream(account):
            return account
    return None


def undo_change(
    change_id: UUID,
    account: AccountId,
    histories: Histories,
    *,
    most_endpoints: int,
    seen: int = 0,
    whole: bool = True,
    force: bool = False,
) -> UndoChange:
    """Return the request to undo a change, given the histories of the streams that it touched up to
    the log position `seen`; unless they are the `whole` of them, those that it touched first.

    Raises:
        NotUndoable: it is of a kind that is never undone.
    """
    effects = effects_of(change_id, histories)
    if not effects:
        raise NotUndoable("The change recorded nothing that can be undone.")
    return UndoChange(
        change_id=change_id,
        account=account,
        effects=effects,
        initial_states={stream: initial_of(histories[stream]) for stream in effects},
        force=force,
        most_endpoints=most_endpoints,
        seen=seen,
        after=None if whole else max(_first(change_id, each) for each in histories.values()),
    )


def _first(change_id: UUID, history: Sequence[Recorded]) -> int:
    return min((each.position for each in history if each.change_id == change_id), default=0)
