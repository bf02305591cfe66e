"""Request to put back what an undone change did to further streams, or did after its undo."""

from collections.abc import Mapping
from uuid import UUID

from application.command import Command, Context, Decision, States
from application.undo.past_change import Histories, effects_of, initial_of
from application.undo.undo_change import owner_of
from domain.events.requests import ChangeUndoContinued
from domain.record import Record
from domain.undo.effect import Effect
from domain.undo.inverse import inverses
from domain.undo.refusals import NotUndoable
from domain.undo.undone_change import UndoneChange
from domain.values.streams import undo_stream
from domain.vocabulary import AccountId


class UndoStep(Record):
    """A step of the undo of a large change, by the change `undone_by`: from the log position
    `after` to `then`, None after the last."""

    undone_by: UUID | None
    after: int
    then: int | None


class PutBack(Command[UndoneChange]):
    """Put back what a change did, as its `effects` say, by stream; leave what was changed since.

    A `step` counts once: the second time, nothing changes.
    """

    change_id: UUID
    account: AccountId
    effects: Mapping[UUID, Effect]
    initial_states: States
    step: UndoStep | None = None

    @property
    def stream_id(self) -> UUID:
        return undo_stream(self.change_id)

    def initial(self) -> UndoneChange:
        return UndoneChange()

    def related_streams(self, state: UndoneChange) -> States:
        return self.initial_states

    def decide(self, state: UndoneChange, context: Context) -> Decision:
        step = self.step
        if step is not None and (step.undone_by, step.after) != (state.undone_by, state.after):
            return Decision(events={})
        mine = {
            stream: each
            for stream, each in context.related.items()
            if owner_of(stream, each, self.account) == self.account
        }
        effects = {stream: self.effects[stream] for stream in mine}
        found = inverses(effects, mine, self.account)
        events = {stream: each.events for stream, each in found.items() if each.events}
        if step is None:
            return Decision(events=events)
        return Decision(events=events | {self.stream_id: [ChangeUndoContinued(after=step.then)]})


def put_back(
    change_id: UUID,
    account: AccountId,
    histories: Histories,
    *,
    beyond: int,
    step: UndoStep | None = None,
) -> PutBack:
    """Return the request to put back what a change did beyond a log position, given the histories
    of streams; those of kinds whose changes are not undone are left."""
    effects: dict[UUID, Effect] = {}
    for stream, history in histories.items():
        try:
            effects |= effects_of(change_id, {stream: history}, after=beyond)
        except NotUndoable:
            continue
    return PutBack(
        change_id=change_id,
        account=account,
        effects=effects,
        initial_states={stream: initial_of(histories[stream]) for stream in effects},
        step=step,
    )
