"""Requests to add and remove second factors, and to make and use recovery codes."""

from uuid import UUID

from application.command import Command, Context, Events, Stream
from domain.identity.second_factors import SecondFactors
from domain.values.streams import second_factors_stream
from domain.vocabulary import AccountId, FactorId, FactorKind


class SecondFactorsStream(Stream[SecondFactors]):
    """The second factors of one account; whoever asks is its owner."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return second_factors_stream(self.account_id)

    def initial(self) -> SecondFactors:
        return SecondFactors()


class AddSecondFactor(SecondFactorsStream, Command[SecondFactors]):
    """Add a factor that its owner has used once."""

    factor_id: FactorId
    kind: FactorKind
    name: str

    def decide(self, state: SecondFactors, context: Context) -> Events:
        return state.add(self.account_id, self.factor_id, self.kind, self.name)


class RemoveSecondFactor(SecondFactorsStream, Command[SecondFactors]):
    factor_id: FactorId

    def decide(self, state: SecondFactors, context: Context) -> Events:
        return state.remove(self.account_id, self.factor_id)


class MakeRecoveryCodes(SecondFactorsStream, Command[SecondFactors]):
    """Record new codes; the caller stores their digests afterwards."""

    count: int

    def decide(self, state: SecondFactors, context: Context) -> Events:
        return state.make_codes(self.account_id, self.count)


class UseRecoveryCode(SecondFactorsStream, Command[SecondFactors]):
    """Record that a code was used; the caller has deleted it."""

    def decide(self, state: SecondFactors, context: Context) -> Events:
        return state.use_code(self.account_id)
