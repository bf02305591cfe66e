"""Requests to link a login at an OpenID Connect provider to an account, and to unlink it."""

from uuid import UUID

from application.command import Context, Decision, States
from application.commands.identity.accounts import AccountCommand, RegisterAccount, link_of
from domain.errors import ProviderLinkTaken
from domain.events.identity.accounts import AccountProviderLinked
from domain.identity.account import Account
from domain.identity.provider_link import ProviderLink


class LinkProvider(AccountCommand):
    """Let the owner of an account log in with a provider.

    `link_id` is the stream of the person's name at the provider, by `StreamNames`. `address` is
    what the provider proved, where nobody is logged in to the account.
    """

    link_id: UUID
    issuer: str
    address: str | None = None

    def related_streams(self, state: Account) -> States:
        return {self.link_id: ProviderLink()}

    def decide(self, state: Account, context: Context) -> Decision:
        link = link_of(context, self.link_id)
        return Decision(
            events={
                self.account_id: state.link_provider(
                    self.link_id, self.issuer, address=self.address
                ),
                self.link_id: link.link(self.account_id, self.issuer),
            }
        )


class UnlinkProvider(AccountCommand):
    link_id: UUID

    def related_streams(self, state: Account) -> States:
        return {self.link_id: ProviderLink()}

    def decide(self, state: Account, context: Context) -> Decision:
        link = link_of(context, self.link_id)
        return Decision(
            events={
                self.account_id: state.unlink_provider(self.link_id),
                self.link_id: link.unlink(self.account_id),
            }
        )


class RegisterWithProvider(RegisterAccount):
    """Register an account that has no password, and whose owner logs in with a provider."""

    link_id: UUID
    issuer: str

    def related_streams(self, state: Account) -> States:
        return {**super().related_streams(state), self.link_id: ProviderLink()}

    def decide(self, state: Account, context: Context) -> Decision:
        registered = super().decide(state, context)
        own = registered.events[self.account_id]
        linked = AccountProviderLinked(link_id=self.link_id, issuer=self.issuer)
        link = link_of(context, self.link_id).link(self.account_id, self.issuer)
        return Decision(
            events={**registered.events, self.account_id: [*own, linked], self.link_id: link},
            if_taken={**registered.if_taken, self.link_id: ProviderLinkTaken()},
        )
