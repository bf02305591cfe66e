"""Reactions to the life of an account: mails with links, and the address for its mail."""

from collections.abc import Sequence
from typing import Any, ClassVar

from application.command import Command
from application.commands.preferences import AdoptAddress
from application.reactions.notification_reactions import request_notification
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountRegistered,
    AccountVerificationRequested,
)
from domain.events.identity.sessions import PasswordResetRequested
from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.values.streams import event_id
from domain.vocabulary import AccountId, ChannelName

VERIFY_ACCOUNT = "verify_account"
PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of notification


class MailAccountLinks:
    """Sends the links that verify an address, or set a new password."""

    name: ClassVar[str] = "mail_account_links"
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        AccountRegistered,
        AccountVerificationRequested,
        AccountAddressChangeRequested,
        PasswordResetRequested,
    )

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event, stream = recorded.event, recorded.originator_id
        match event:
            case PasswordResetRequested(account_id=account_id):
                if account_id is None:
                    return []
                account = await current_state(Account(), account_id)
                if not account.active or account.is_service:
                    return []
                return [_mail(recorded, account_id, PASSWORD_RESET, account.email)]
            case (
                AccountRegistered(email=email)
                | AccountVerificationRequested(email=email)
                | AccountAddressChangeRequested(email=email)
            ):
                account = await current_state(Account(), stream)
                if not account.expects_proof_of(email):
                    return []
                return [_mail(recorded, AccountId(stream), VERIFY_ACCOUNT, email)]
        return []


def _mail(recorded: Recorded, account_id: AccountId, kind: str, address: str) -> Command[Any]:
    request = NotificationRequested(
        account_id=account_id,
        channel=ChannelName.EMAIL,
        kind=kind,
        cause=event_id(recorded.originator_id, recorded.originator_version),
        occurred_at=recorded.recorded_at,
        address=address,
        link_id=recorded.originator_id,
    )
    return request_notification(request, ChannelName.EMAIL)


class AdoptAccountAddress:
    """Sends the mail of an account to its verified address, unless another one was chosen."""

    name: ClassVar[str] = "adopt_account_address"
    listens_to: ClassVar[tuple[type[Event], ...]] = (AccountAddressVerified, AccountAddressChanged)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        account_id = AccountId(recorded.originator_id)
        match recorded.event:
            case AccountAddressVerified(email=email):
                return [AdoptAddress(account_id=account_id, address=email)]
            case AccountAddressChanged(email=email, previous=previous):
                return [AdoptAddress(account_id=account_id, address=email, previous=previous)]
        return []
