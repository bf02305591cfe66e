"""An account: a person or a service, its roles and its tokens. Secrets are kept outside the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import Invalid, TokenNotFound, TooManyTokens
from domain.events.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.accounts import (
    AccountEvent,
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
    ServiceAccountRegistered,
)
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.values.access_token import AccessToken
from domain.vocabulary import AccountId, Role, Scope, TokenId, in_utc


class Account(Aggregate[AccountEvent]):
    """The present state of one account. Before it is registered it has no id.

    A service has neither an address nor a password. `tokens` are in the order of their creation.
    """

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(AccountEvent))

    version: int = 0
    id: AccountId | None = None
    email: str = ""
    name: str = ""
    roles: tuple[Role, ...] = ()
    registered_at: datetime | None = None
    is_service: bool = False
    tokens: tuple[AccessToken, ...] = ()

    @staticmethod
    def register(email: str, name: str) -> Sequence[AccountEvent]:
        return [AccountRegistered(email=email, name=name)]

    @staticmethod
    def register_service(name: str, roles: Sequence[Role]) -> Sequence[AccountEvent]:
        more = [role for role in Role if role in roles and role is not Role.USER]
        granted = [AccountRoleGranted(role=role) for role in more]
        return [ServiceAccountRegistered(name=name), *granted]

    def grant(self, role: Role) -> Sequence[AccountEvent]:
        return [] if role in self.roles else [AccountRoleGranted(role=role)]

    def revoke(self, role: Role) -> Sequence[AccountEvent]:
        return [AccountRoleRevoked(role=role)] if role in self.roles else []

    def create_token(
        self,
        token_id: TokenId,
        name: str,
        scopes: Sequence[Scope],
        expires_at: datetime | None,
        *,
        now: datetime,
        most: int,
    ) -> Sequence[AccountEvent]:
        """Create a personal access token; null for `expires_at`: it does not expire.

        Raises:
            Invalid: it has no scope, or has expired already.
            TooManyTokens: the account has `most` tokens that have not expired.
        """
        if not scopes:
            raise Invalid("scopes", "A token needs at least one scope, such as tasks:read.")
        if expires_at is not None:
            expires_at = in_utc("expires_at", expires_at)
            if expires_at <= now:
                raise Invalid("expires_at", "expires_at must be in the future.")
        if sum(token.is_valid(now) for token in self.tokens) >= most:
            raise TooManyTokens(most)
        ordered = tuple(scope for scope in Scope if scope in scopes)
        return [
            AccountTokenCreated(token_id=token_id, name=name, scopes=ordered, expires_at=expires_at)
        ]

    def revoke_token(self, token_id: TokenId) -> Sequence[AccountEvent]:
        """Revoke a personal access token.

        Raises:
            TokenNotFound: the account has no such token, or has revoked it.
        """
        if self.token(token_id) is None:
            raise TokenNotFound(token_id)
        return [AccountTokenRevoked(token_id=token_id)]

    def token(self, token_id: TokenId) -> AccessToken | None:
        """Return the token with this id, None if it is revoked or unknown."""
        return next((token for token in self.tokens if token.id == token_id), None)

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
            case ServiceAccountRegistered(name=name):
                return replace(
                    now,
                    id=AccountId(recorded.originator_id),
                    name=name,
                    roles=(Role.USER,),
                    registered_at=recorded.recorded_at,
                    is_service=True,
                )
            case AccountRoleGranted(role=role):
                return replace(now, roles=(*self.roles, role))
            case AccountRoleRevoked(role=role):
                return replace(now, roles=tuple(r for r in self.roles if r is not role))
            case AccountTokenCreated():
                return replace(
                    now, tokens=(*_unexpired(self.tokens, recorded), _token(event, recorded))
                )
            case AccountTokenRevoked(token_id=token_id):
                left = tuple(token for token in self.tokens if token.id != token_id)
                return replace(now, tokens=left)
            case _:
                assert_never(event)


def _token(event: AccountTokenCreated, recorded: Recorded) -> AccessToken:
    return AccessToken(
        id=event.token_id,
        name=event.name,
        scopes=event.scopes,
        created_at=recorded.recorded_at,
        expires_at=event.expires_at,
    )


def _unexpired(tokens: Sequence[AccessToken], recorded: Recorded) -> Sequence[AccessToken]:
    # Expired tokens are listed until the next one is created; for ever, they would only add up.
    return [token for token in tokens if token.is_valid(recorded.recorded_at)]
