"""The second factors of an account: which there are, and how many recovery codes are left."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import FactorNotFound, TooManyFactors
from domain.events.event import Event
from domain.events.identity.second_factors import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorEvent,
    SecondFactorRemoved,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, FactorId, FactorKind

MAX_FACTORS = 10


class Factor(Record):
    id: FactorId
    kind: FactorKind
    name: str
    added_at: datetime


class SecondFactors(Aggregate[SecondFactorEvent]):
    """The present factors of one account."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(SecondFactorEvent))

    version: int = 0
    factors: tuple[Factor, ...] = ()
    codes_left: int = 0

    def add(
        self, account: AccountId, factor_id: FactorId, kind: FactorKind, name: str
    ) -> Sequence[SecondFactorEvent]:
        """Add a factor whose owner has shown that it works.

        Raises:
            TooManyFactors: the account has as many as it may have.
        """
        if any(factor.id == factor_id for factor in self.factors):
            return []
        if len(self.factors) >= MAX_FACTORS:
            raise TooManyFactors(MAX_FACTORS)
        return [SecondFactorAdded(account_id=account, factor_id=factor_id, kind=kind, name=name)]

    def remove(self, account: AccountId, factor_id: FactorId) -> Sequence[SecondFactorEvent]:
        """Remove a factor.

        Raises:
            FactorNotFound: the account has no such factor.
        """
        if not any(factor.id == factor_id for factor in self.factors):
            raise FactorNotFound(factor_id)
        return [SecondFactorRemoved(account_id=account, factor_id=factor_id)]

    def make_codes(self, account: AccountId, count: int) -> Sequence[SecondFactorEvent]:
        return [RecoveryCodesMade(account_id=account, count=count)]

    def use_code(self, account: AccountId) -> Sequence[SecondFactorEvent]:
        return [RecoveryCodeUsed(account_id=account)]

    def evolve(self, event: SecondFactorEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case SecondFactorAdded():
                factor = Factor(
                    id=event.factor_id,
                    kind=event.kind,
                    name=event.name,
                    added_at=recorded.recorded_at,
                )
                return replace(now, factors=(*self.factors, factor))
            case SecondFactorRemoved(factor_id=factor_id):
                left = tuple(each for each in self.factors if each.id != factor_id)
                return replace(now, factors=left)
            case RecoveryCodesMade(count=count):
                return replace(now, codes_left=count)
            case RecoveryCodeUsed():
                return replace(now, codes_left=max(0, self.codes_left - 1))
            case _:
                assert_never(event)
