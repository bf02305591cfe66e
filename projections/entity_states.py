"""The states of entities that have a history and no table: sessions, password resets and second
factors."""

from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace

from domain.events.event import Event
from domain.events.identity.second_factors import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorEvent,
    SecondFactorRemoved,
)
from domain.events.identity.sessions import (
    PasswordResetEvent,
    PasswordResetRequested,
    PasswordResetUsed,
    SessionEnded,
    SessionEvent,
    SessionStarted,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, SessionEnd, SignInMethod
from projections.view import Key


class SessionState(Record):
    id: UUID
    account: AccountId
    method: SignInMethod
    device: str
    address: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: SessionEnd | None = None


class SessionStates:
    name: ClassVar[str] = "sessions"
    row: ClassVar[type[Record]] = SessionState
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(SessionEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: SessionState | None, recorded: Recorded) -> SessionState | None:
        event = cast(SessionEvent, recorded.event)
        match event:
            case SessionStarted():
                return SessionState(
                    id=recorded.originator_id,
                    account=event.account_id,
                    method=event.method,
                    device=event.device,
                    address=event.address,
                    started_at=recorded.recorded_at,
                )
            case SessionEnded(reason=reason):
                return row and replace(row, ended_at=recorded.recorded_at, reason=reason)
            case _:
                assert_never(event)


class PasswordResetState(Record):
    id: UUID
    account: AccountId
    requested_at: datetime
    used_at: datetime | None = None


class PasswordResets:
    """A request for an address that no account has belongs to nobody, and has no state."""

    name: ClassVar[str] = "password_resets"
    row: ClassVar[type[Record]] = PasswordResetState
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(PasswordResetEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(
        self, row: PasswordResetState | None, recorded: Recorded
    ) -> PasswordResetState | None:
        event = cast(PasswordResetEvent, recorded.event)
        match event:
            case PasswordResetRequested(account_id=account):
                if account is None:
                    return None
                return PasswordResetState(
                    id=recorded.originator_id, account=account, requested_at=recorded.recorded_at
                )
            case PasswordResetUsed():
                return row and replace(row, used_at=recorded.recorded_at)
            case _:
                assert_never(event)


class SecondFactorsState(Record):
    """`factors` are their names, by id."""

    id: UUID
    account: AccountId
    factors: dict[str, str]
    recovery_codes_left: int = 0


class SecondFactorStates:
    name: ClassVar[str] = "second_factors"
    row: ClassVar[type[Record]] = SecondFactorsState
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(SecondFactorEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(
        self, row: SecondFactorsState | None, recorded: Recorded
    ) -> SecondFactorsState | None:
        event = cast(SecondFactorEvent, recorded.event)
        row = row or SecondFactorsState(
            id=recorded.originator_id, account=event.account_id, factors={}
        )
        match event:
            case SecondFactorAdded():
                named = row.factors | {str(event.factor_id): f"{event.kind}: {event.name}"}
                return replace(row, factors=named)
            case SecondFactorRemoved(factor_id=gone):
                left = {key: name for key, name in row.factors.items() if key != str(gone)}
                return replace(row, factors=left)
            case RecoveryCodesMade(count=count):
                return replace(row, recovery_codes_left=count)
            case RecoveryCodeUsed():
                return replace(row, recovery_codes_left=max(0, row.recovery_codes_left - 1))
            case _:
                assert_never(event)
