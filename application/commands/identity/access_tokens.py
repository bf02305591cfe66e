"""Requests to create and revoke access tokens, and accounts for machines."""

from datetime import datetime
from typing import ClassVar

from application.command import Context, Events
from application.commands.identity.accounts import AccountCommand, AccountStream
from domain.errors import AccountNotFound
from domain.identity.account import Account
from domain.vocabulary import Role, Scope, TokenId


class ServiceStream(AccountStream):
    """The stream of the account of a machine."""

    def authorize(self, state: Account, context: Context) -> None:
        if not state.is_service:
            raise AccountNotFound(self.account_id)


class RegisterService(AccountCommand):
    starts_stream: ClassVar[bool] = True

    name: str
    roles: tuple[Role, ...] = ()

    def authorize(self, state: Account, context: Context) -> None:
        """The caller checks that the actor is an administrator."""

    def decide(self, state: Account, context: Context) -> Events:
        return Account.register_service(self.name, self.roles)


class CreateToken(AccountCommand):
    """`most` is how many tokens an account can have; null for `expires_at`: it does not expire."""

    commutes: ClassVar[bool] = True

    token_id: TokenId
    name: str
    scopes: tuple[Scope, ...]
    most: int
    expires_at: datetime | None = None

    def decide(self, state: Account, context: Context) -> Events:
        return state.create_token(
            self.token_id,
            self.name,
            self.scopes,
            self.expires_at,
            now=context.now,
            most=self.most,
        )


class CreateServiceToken(ServiceStream, CreateToken):
    """Administrators create tokens of machines, never of persons."""


class RevokeToken(AccountCommand):
    commutes: ClassVar[bool] = True

    token_id: TokenId

    def decide(self, state: Account, context: Context) -> Events:
        return state.revoke_token(self.token_id)
