"""Requests to change an account."""

from collections.abc import Sequence
from uuid import UUID

from application.command import Command, Context
from domain.account import Account
from domain.errors import AccountNotFound, Conflict, DomainError, EmailTaken
from domain.events.accounts import EmailClaimed
from domain.events.recorded import AnyEvent
from domain.values.streams import email_stream
from domain.vocabulary import AccountId, Role


class AccountCommand(Command[Account]):
    """A request to change one account."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return self.account_id

    def initial(self) -> Account:
        return Account()

    def authorize(self, state: Account, context: Context) -> None:
        if state.id is None:
            raise AccountNotFound(self.account_id)


class RegisterAccount(AccountCommand):
    email: str
    name: str

    @property
    def starts_stream(self) -> bool:
        return True

    def authorize(self, state: Account, context: Context) -> None:
        """Anyone may register."""

    def decide(self, state: Account, context: Context) -> Sequence[AnyEvent]:
        return Account.register(self.email, self.name)

    def extra_events(
        self, state: Account, facts: Sequence[AnyEvent], context: Context
    ) -> Sequence[tuple[UUID, AnyEvent]]:
        # Claimed in the same breath, so that two registrations cannot both have it.
        return [(email_stream(self.email), EmailClaimed(account_id=self.account_id))]

    def on_conflict(self, conflict: Conflict) -> DomainError:
        return EmailTaken()


class GrantRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Sequence[AnyEvent]:
        return state.grant(self.role)


class RevokeRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Sequence[AnyEvent]:
        return state.revoke(self.role)
