"""A stream with the state after each of its events."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from domain.aggregate import Aggregate
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.identity.email_claim import EmailClaim
from domain.identity.password_reset import PasswordReset
from domain.identity.provider_link import ProviderLink
from domain.identity.second_factors import SecondFactors
from domain.identity.session import Session
from domain.inbox import InboxState
from domain.notification import Notification
from domain.operations.acts import OperatorActs
from domain.operations.view_run import ViewRun
from domain.preferences import Preferences
from domain.record import Record
from domain.series import Series
from domain.task import Task

AGGREGATES: tuple[type[Aggregate[Any]], ...] = (
    Task,
    Series,
    Notification,
    InboxState,
    Preferences,
    Account,
    Session,
    PasswordReset,
    SecondFactors,
    EmailClaim,
    ProviderLink,
    OperatorActs,
    ViewRun,
)


class FoldedEvent(Record):
    """An event with its data, and the state after it; None: its stream has no state."""

    recorded: Recorded
    state: dict[str, Any] | None


def folded(history: Sequence[Recorded]) -> Iterator[FoldedEvent]:
    """Yield the events of a stream from its first, each with the state after it."""
    state = _initial(history)
    for recorded in history:
        if state is not None:
            state = state.apply(recorded)
        after = None if state is None else msgspec.to_builtins(state, str_keys=True)
        yield FoldedEvent(recorded=recorded, state=after)


def _initial(history: Sequence[Recorded]) -> Aggregate[Any] | None:
    if not history:
        return None
    first = type(history[0].event)
    return next((kind() for kind in AGGREGATES if first in kind.event_types), None)
