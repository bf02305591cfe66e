"""The events of requests: that a key was answered, and that what a request recorded was undone."""

from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event
from domain.vocabulary import AccountId


class RequestAnswered(Event, tag="request.answered"):
    """A request with an idempotency key was answered by `version` of the stream `subject`. It is
    the first event of the stream of the key, so that a second answer fails."""

    fingerprint: str
    subject: UUID
    version: int


class ChangeUndone(Event, tag="change.undone"):
    """A change of an account was undone, by the change that this event is part of. What the undone
    change had recorded up to the log position `seen` was read. `after`: what it touched first
    beyond this position is put back afterwards; null: everything is put back."""

    account_id: AccountId
    change_id: UUID
    seen: int
    after: int | None = None


class ChangeUndoContinued(Event, tag="change.undo_continued"):
    """More of a large change was put back. `after` as in `change.undone`; null: everything is."""

    after: int | None = None


UndoEvent: TypeAlias = ChangeUndone | ChangeUndoContinued
