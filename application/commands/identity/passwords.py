"""Requests to change a password, and to reset one that was forgotten."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Decision, Events, States
from application.commands.identity.accounts import AccountCommand
from domain.errors import LinkExpired
from domain.events.identity.sessions import PasswordResetRequested
from domain.identity.account import Account
from domain.identity.password_reset import PasswordReset
from domain.vocabulary import AccountId, PasswordChange, PasswordResetId


class ChangePassword(AccountCommand):
    """Record that the password changes; the caller stores its hash afterwards."""

    method: PasswordChange

    def decide(self, state: Account, context: Context) -> Events:
        return state.change_password(self.method)


class RequestPasswordReset(Command[PasswordReset]):
    """Ask for a link that sets a new password; without an account, record that and send none."""

    starts_stream: ClassVar[bool] = True

    reset_id: PasswordResetId
    account_id: AccountId | None

    @property
    def stream_id(self) -> UUID:
        return self.reset_id

    def initial(self) -> PasswordReset:
        return PasswordReset()

    def decide(self, state: PasswordReset, context: Context) -> Events:
        return [PasswordResetRequested(account_id=self.account_id)]


class UsePasswordReset(Command[PasswordReset]):
    """Use the link: once, however many try at the same time."""

    reset_id: PasswordResetId

    @property
    def stream_id(self) -> UUID:
        return self.reset_id

    def initial(self) -> PasswordReset:
        return PasswordReset()

    def related_streams(self, state: PasswordReset) -> States:
        return {} if state.account_id is None else {state.account_id: Account()}

    def decide(self, state: PasswordReset, context: Context) -> Decision:
        account_id = state.account_id
        account = None if account_id is None else context.related.get(account_id)
        if account_id is None or not isinstance(account, Account):
            raise LinkExpired
        return Decision(
            events={
                self.reset_id: state.use(account, context.now),
                account_id: account.change_password(PasswordChange.RESET),
            }
        )
