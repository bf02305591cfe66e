"""Requests to change an account."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Decision, Events, States, Stream
from domain.errors import AccountNotFound, Conflict, EmailTaken
from domain.identity.account import Account
from domain.identity.email_claim import EmailClaim
from domain.identity.provider_link import ProviderLink
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

    def authorize(self, state: Account, context: Context) -> None:
        if state.id is None or state.deleted:
            raise AccountNotFound(self.account_id)


class RegisterAccount(AccountCommand):
    """Register an account. `verified`: its owner has proved to read the mail of the address."""

    starts_stream: ClassVar[bool] = True

    email: str
    name: str
    address_stream: UUID  # of `email`, by `StreamNames`
    verified: bool = False

    def authorize(self, state: Account, context: Context) -> None:
        """Anyone may register."""

    def related_streams(self, state: Account) -> States:
        return {self.address_stream: EmailClaim()}

    def decide(self, state: Account, context: Context) -> Decision:
        # The address is claimed with the registration, so that two cannot both have it.
        email = acceptable_address("email", self.email)
        claim = claim_of(context, self.address_stream)
        return Decision(
            events={
                self.account_id: Account.register(email, self.name, verified=self.verified),
                self.address_stream: claim.claim(self.account_id),
            },
            if_taken={self.address_stream: EmailTaken()},
        )


class RenameAccount(AccountCommand):
    name: str

    def decide(self, state: Account, context: Context) -> Events:
        return state.rename(self.name)


class GrantRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Events:
        return state.grant(self.role)


class RevokeRole(AccountCommand):
    role: Role

    def decide(self, state: Account, context: Context) -> Events:
        return state.revoke(self.role)


class DisableAccount(AccountCommand):
    reason: str

    def decide(self, state: Account, context: Context) -> Events:
        return state.disable(self.reason)


class EnableAccount(AccountCommand):
    def decide(self, state: Account, context: Context) -> Events:
        return state.enable()


class DeleteAccount(AccountCommand):
    """Delete an account, and let others claim its address and its logins at providers."""

    email: str  # its address, as the caller knows it
    address_stream: UUID  # of `email`, by `StreamNames`

    def related_streams(self, state: Account) -> States:
        links = {linked.link_id: ProviderLink() for linked in state.providers}
        return {self.address_stream: EmailClaim(), **links}

    def decide(self, state: Account, context: Context) -> Decision:
        if state.email != self.email:
            raise Conflict(self.account_id)
        claim = claim_of(context, self.address_stream)
        links = {
            linked.link_id: link_of(context, linked.link_id).unlink(self.account_id)
            for linked in state.providers
        }
        return Decision(
            events={
                self.account_id: state.delete(),
                self.address_stream: claim.release(self.account_id),
                **links,
            }
        )


def claim_of(context: Context, address_stream: UUID) -> EmailClaim:
    """Return who has the address, as a command that named its stream finds it."""
    claim = context.related.get(address_stream)
    return claim if isinstance(claim, EmailClaim) else EmailClaim()


def link_of(context: Context, link_id: UUID) -> ProviderLink:
    """Return who has a login at a provider, as a command that named its stream finds it."""
    link = context.related.get(link_id)
    return link if isinstance(link, ProviderLink) else ProviderLink()
