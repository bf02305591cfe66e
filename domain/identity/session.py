"""A session: from a login until it is ended, by its owner or by a rule."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec import UNSET
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.identity.sessions import SessionEnded, SessionEvent, SessionStarted
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId, SessionEnd, SignInMethod


class Session(Aggregate[SessionEvent]):
    """The present state of one session. Before it starts it has no account.

    `authenticated_at` is when its owner last proved who they are, by the login `method`.
    """

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(SessionEvent))

    version: int = 0
    account_id: AccountId | None = None
    started_at: datetime | None = None
    method: SignInMethod | None = None
    authenticated_at: datetime | None = None
    end: SessionEnd | None = None

    def ended(self, reason: SessionEnd) -> Sequence[SessionEvent]:
        """Return the end, unless it was recorded; the first reason counts."""
        if self.account_id is None or self.end is not None:
            return []
        return [SessionEnded(account_id=self.account_id, reason=reason)]

    def evolve(self, event: SessionEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case SessionStarted(account_id=account, method=method, authenticated_at=proved_at):
                at = recorded.recorded_at
                return replace(
                    now,
                    account_id=account,
                    started_at=at,
                    method=method,
                    authenticated_at=at if proved_at is UNSET else min(at, proved_at),
                )
            case SessionEnded(reason=reason):
                return replace(now, end=reason)
            case _:
                assert_never(event)
