"""Requests to verify the address of an account, and to change it."""

from uuid import UUID

from application.command import Context, Decision, Events, States
from application.commands.identity.accounts import AccountCommand, claim_of
from domain.errors import EmailTaken, LinkExpired
from domain.identity.account import Account
from domain.identity.email_claim import EmailClaim
from domain.values.email_address import acceptable_address


class RequestVerification(AccountCommand):
    """Ask for another mail with the link that verifies the address, or the one asked for."""

    def decide(self, state: Account, context: Context) -> Events:
        return state.request_verification()


class RequestAddress(AccountCommand):
    """Ask for another address; it takes effect when its link is used."""

    email: str

    def decide(self, state: Account, context: Context) -> Events:
        return state.request_address(acceptable_address("email", self.email))


class ConfirmAddress(AccountCommand):
    """Verify the address of the account, or change it to the one that was asked for.

    `address_stream` is that of `email`, `previous` the address that the account has and
    `previous_stream` the stream of that; all by `StreamNames`.
    """

    email: str
    address_stream: UUID
    previous: str
    previous_stream: UUID

    def related_streams(self, state: Account) -> States:
        return {stream: EmailClaim() for stream in {self.address_stream, self.previous_stream}}

    def decide(self, state: Account, context: Context) -> Decision:
        if state.email != self.previous:
            raise LinkExpired  # it changed a moment ago
        events: dict[UUID, Events] = {self.account_id: state.confirm_address(self.email)}
        if self.address_stream != self.previous_stream:
            events |= {
                self.address_stream: claim_of(context, self.address_stream).claim(self.account_id),
                self.previous_stream: claim_of(context, self.previous_stream).release(
                    self.account_id
                ),
            }
        return Decision(events=events, if_taken={self.address_stream: EmailTaken()})
