"""An account: a person and their roles. The password is kept outside the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.accounts import (
    AccountEvent,
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
)
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId, Role


class Account(Aggregate[AccountEvent]):
    """The present state of one account. Before it is registered it has no id."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(AccountEvent))

    version: int = 0
    id: AccountId | None = None
    email: str = ""
    name: str = ""
    roles: tuple[Role, ...] = ()
    registered_at: datetime | None = None

    @staticmethod
    def register(email: str, name: str) -> Sequence[AccountEvent]:
        return [AccountRegistered(email=email, name=name)]

    def grant(self, role: Role) -> Sequence[AccountEvent]:
        return [] if role in self.roles else [AccountRoleGranted(role=role)]

    def revoke(self, role: Role) -> Sequence[AccountEvent]:
        return [AccountRoleRevoked(role=role)] if role in self.roles else []

    def evolve(self, event: AccountEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case AccountRegistered(email=email, name=name):
                return replace(
                    now,
                    id=AccountId(recorded.originator_id),
                    email=email,
                    name=name,
                    roles=(Role.USER,),
                    registered_at=recorded.recorded_at,
                )
            case AccountRoleGranted(role=role):
                return replace(now, roles=(*self.roles, role))
            case AccountRoleRevoked(role=role):
                return replace(now, roles=tuple(r for r in self.roles if r is not role))
            case _:
                assert_never(event)
