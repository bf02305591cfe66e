"""The bodies of second factors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from domain.record import Record
from domain.vocabulary import FactorId, FactorKind, Name
from interfaces.http.accounts.account_bodies import AnyPassword

Code = Annotated[
    str,
    Meta(min_length=1, max_length=40, description="Six digits of an app, or a recovery code"),
]


class PasswordAgain(Record, forbid_unknown_fields=True):
    """Your password: an access token alone, which may be stolen, is not enough. An account without
    a password leaves it out, within five minutes of a login."""

    password: AnyPassword | UnsetType = UNSET


class FactorBody(Record):
    id: FactorId
    kind: FactorKind
    name: str
    added_at: datetime


class FactorsBody(Record):
    items: Sequence[FactorBody]
    recovery_codes_left: int


class NewTotpBody(Record):
    """A secret for an app, shown once. `otpauth_uri` is what a QR code of it holds."""

    id: FactorId
    secret: str
    otpauth_uri: str


class TotpConfirmation(Record, forbid_unknown_fields=True):
    """The code that the app shows, and a name to know the app by."""

    code: Code
    name: Name = "App"


class RecoveryCodesBody(Record):
    """Codes that each work once in place of a second factor. They are shown once; keep them. Empty
    if earlier ones still count."""

    recovery_codes: Sequence[str]


State = Annotated[str, Meta(max_length=1_024, description="The state that came with the options")]


class Passkey(Record):
    """What `navigator.credentials` returned: its `toJSON()`."""

    id: Annotated[str, Meta(max_length=1_400)]
    raw_id: Annotated[str, Meta(max_length=1_400)] = field(name="rawId")
    type: str
    response: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.raw_id,
            "type": self.type,
            "response": self.response,
        }


class PasskeyOptionsBody(Record):
    """`options` is for `navigator.credentials`, `state` comes back with the passkey, within five
    minutes."""

    options: dict[str, Any]
    state: str


class NewPasskey(Record, forbid_unknown_fields=True):
    """A passkey, and a name to know it by."""

    state: State
    credential: Passkey
    name: Name = "Passkey"


class PasskeyLogin(Record, forbid_unknown_fields=True):
    """`cookie`: as in a login with a password."""

    state: State
    credential: Passkey
    cookie: bool = False
