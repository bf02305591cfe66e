"""Requests to change an account."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Decision, Events, Stream
from domain.account import Account
from domain.errors import AccountNotFound, EmailTaken
from domain.events.accounts import EmailClaimed
from domain.values.email_address import acceptable_address
from domain.vocabulary import AccountId, Role


class AccountStream(Stream[Account]):
    """The stream of one account."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return self.account_id

    def initial(self) -> Account:
        return Account()

    def authorize(self, state: Account, context: Context) -> None:
        if state.id is None:
            raise AccountNotFound(self.account_id)


class AccountCommand(AccountStream, Command[Account]):
    """A request to change one account."""


class RegisterAccount(AccountCommand):
    starts_stream: ClassVar[bool] = True

    email: str
    name: str
    address_stream: UUID  # of `email`, by `StreamNames`

    def authorize(self, state: Account, context: Context) -> None:
        """Anyone may register."""

    def decide(self, state: Account, context: Context) -> Decision:
        # The address is claimed with the registration, so that two cannot both have it.
        email = acceptable_address("email", self.email)
        return Decision(
            events={
                self.account_id: Account.register(email, self.name),
                self.address_stream: [EmailClaimed(account_id=self.account_id)],
            },
            if_taken={self.address_stream: EmailTaken()},
        )


class GrantRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Events:
        return state.grant(self.role)


class RevokeRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Events:
        return state.revoke(self.role)
