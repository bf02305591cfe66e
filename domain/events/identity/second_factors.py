"""The events of the second factors of an account. What they are checked with is not in the log."""

from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId, FactorId, FactorKind


class SecondFactorAdded(Event, tag="second_factor.added"):
    """The password alone no longer opens the account: a code of an app, or a passkey, is needed."""

    account_id: AccountId
    factor_id: FactorId
    kind: FactorKind
    name: str


class SecondFactorRemoved(Event, tag="second_factor.removed"):
    """The factor no longer counts; after the last one, the password alone opens the account."""

    account_id: AccountId
    factor_id: FactorId


class RecoveryCodesMade(Event, tag="recovery_codes.made"):
    """The owner got new codes for the day on which the other factors are lost; earlier ones are
    void."""

    account_id: AccountId
    count: int


class RecoveryCodeUsed(Event, tag="recovery_code.used"):
    """A recovery code took the place of a second factor; each works once."""

    account_id: AccountId


SecondFactorEvent: TypeAlias = (
    SecondFactorAdded | SecondFactorRemoved | RecoveryCodesMade | RecoveryCodeUsed
)
