"""The bodies of personal access tokens and of accounts for machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from domain.identity.account import Account
from domain.record import Record
from domain.values.access_token import AccessToken
from domain.vocabulary import AccountId, Name, Role, Scope, TokenId
from interfaces.http.protocol.values import Moment

Scopes = Annotated[
    tuple[Scope, ...],
    Meta(min_length=1, max_length=20, description="What the token may do: as little as it needs"),
]


class NewToken(Record, forbid_unknown_fields=True):
    """Without `expires_at` the token does not expire."""

    name: Name
    scopes: Scopes
    expires_at: Moment | UnsetType = UNSET


class NewService(Record, forbid_unknown_fields=True):
    """Every account has the role `user`; `roles` are more."""

    name: Name
    roles: Annotated[tuple[Role, ...], Meta(max_length=10)] = ()


class TokenBody(Record):
    """`last_used_at` is exact to a minute; null: never used."""

    id: TokenId
    name: str
    scopes: Sequence[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewTokenBody(TokenBody):
    """`token` is the secret. It is shown once: null in the answer to a repeated request."""

    token: str | None


class Tokens(Record):
    items: Sequence[TokenBody]


class ServiceBody(Record):
    id: AccountId
    name: str
    roles: Sequence[Role]
    registered_at: datetime | None
    version: int


def new_token_body(token: AccessToken, secret: str | None) -> NewTokenBody:
    return NewTokenBody(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=None,
        token=secret,
    )


def tokens_body(account: Account, last_used: Mapping[TokenId, datetime]) -> Tokens:
    """Return the tokens of an account, oldest first, without their secrets."""
    return Tokens(
        items=[
            TokenBody(
                id=token.id,
                name=token.name,
                scopes=token.scopes,
                created_at=token.created_at,
                expires_at=token.expires_at,
                last_used_at=last_used.get(token.id),
            )
            for token in account.tokens
        ]
    )
