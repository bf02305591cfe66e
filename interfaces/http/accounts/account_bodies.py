"""The bodies of registration, login and accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from application.ports.identity import TokenPair
from domain.errors import AccountNotFound
from domain.identity.account import Account
from domain.record import Record
from domain.vocabulary import AccountId, Email, Name, Role

# Long enough to be safe, short enough to be hashed fast; any characters are allowed.
Password = Annotated[str, Meta(min_length=10, max_length=128, description="10–128 characters")]
AnyPassword = Annotated[str, Meta(max_length=128)]
AnyEmail = Annotated[str, Meta(max_length=254)]
LinkToken = Annotated[str, Meta(min_length=1, max_length=1024)]
AnyCode = Annotated[str, Meta(max_length=40)]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=128)]


class NewAccount(Record, forbid_unknown_fields=True):
    email: Email
    password: Password
    name: Name | UnsetType = UNSET


class Login(Record, forbid_unknown_fields=True):
    """`code` is needed where the account has a second factor. `cookie`: the refresh token comes in
    a cookie that no script reads. For our own pages."""

    email: AnyEmail
    password: AnyPassword
    code: AnyCode | UnsetType = UNSET
    cookie: bool = False


class Refresh(Record, forbid_unknown_fields=True):
    """Without a refresh token, that of the session cookie is meant."""

    refresh_token: RefreshToken | UnsetType = UNSET


class PasswordChangeBody(Record, forbid_unknown_fields=True):
    old_password: AnyPassword
    new_password: Password


class ForgottenPassword(Record, forbid_unknown_fields=True):
    email: AnyEmail


class ResetRequested(Record):
    """The same for every address."""

    message: str = "If an account has this address, a mail with a link is on its way to it."


class PasswordResetBody(Record, forbid_unknown_fields=True):
    """`token` is the last part of the link in the mail."""

    token: LinkToken
    new_password: Password


class NewAddress(Record, forbid_unknown_fields=True):
    """An account without a password leaves it out, within five minutes of a login."""

    email: Email
    password: AnyPassword | UnsetType = UNSET


class AccountPatch(Record, forbid_unknown_fields=True):
    name: Name


class Deletion(Record, forbid_unknown_fields=True):
    """An account without a password leaves it out, within five minutes of a login."""

    password: AnyPassword | UnsetType = UNSET


class AccountBody(Record):
    """`pending_email` takes the place of `email` when the link in a mail to it is used."""

    id: AccountId
    email: str
    email_verified: bool
    pending_email: str | None
    name: str
    roles: Sequence[Role]
    registered_at: datetime | None
    version: int


class TokensBody(Record):
    """`expires_in` and `refresh_expires_in` are in seconds. A refresh token can be used once; where
    it is in a cookie, it is not here."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_expires_in: int
    refresh_token: str | UnsetType = UNSET


def body_of(account: Account) -> AccountBody:
    if account.id is None:
        raise AccountNotFound("anonymous")  # no event was ever recorded of it
    return AccountBody(
        id=account.id,
        email=account.email,
        email_verified=account.email_verified,
        pending_email=account.pending_email,
        name=account.name,
        roles=account.roles,
        registered_at=account.registered_at,
        version=account.version,
    )


def tokens_body(pair: TokenPair, *, in_cookie: bool = False) -> TokensBody:
    return TokensBody(
        access_token=pair.access_token,
        token_type="Bearer",  # noqa: S106 - a type, not a secret
        expires_in=pair.expires_in,
        refresh_expires_in=pair.refresh_expires_in,
        refresh_token=UNSET if in_cookie else pair.refresh_token,
    )
