"""The events of the personal access tokens of an account. The secret is kept outside the log."""

from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import Moment, Scope, TokenId


class AccountTokenCreated(Event, tag="account.token_created"):
    """A personal access token was created. Null for `expires_at`: it does not expire."""

    token_id: TokenId
    name: str
    scopes: tuple[Scope, ...]
    expires_at: Moment | None = None


class AccountTokenRevoked(Event, tag="account.token_revoked"):
    """A personal access token was revoked; every process refuses it within seconds."""

    token_id: TokenId


AccessTokenEvent: TypeAlias = AccountTokenCreated | AccountTokenRevoked
