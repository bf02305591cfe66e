"""The reaction that tells a person what happened to their account."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from application.command import Command
from application.reactions.notification_reactions import request_notification
from application.reactions.reaction import LoadState
from application.reactions.security_texts import ENGLISH, security_text
from domain.events.event import Event
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountDeleted,
    AccountProviderLinked,
)
from domain.events.identity.second_factors import (
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from domain.events.identity.sessions import SessionStarted
from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.preferences import Preferences
from domain.values.streams import event_id, preferences_stream
from domain.vocabulary import AccountId, ChannelName

SECURITY = "security"
# These are in streams of their own, which name the account.
_NAMING_AN_ACCOUNT = (SessionStarted, SecondFactorAdded, SecondFactorRemoved, RecoveryCodeUsed)


class NotifyOfSecurity:
    """Notifies a person in the inbox and by mail to the verified address, whatever the
    preferences say: a thief could have changed them."""

    name: ClassVar[str] = "notify_of_security"
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(ENGLISH)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event, account_id = recorded.event, AccountId(recorded.originator_id)
        if isinstance(event, SessionStarted) and not event.new_device:
            return []
        if isinstance(event, _NAMING_AN_ACCOUNT):
            account_id = event.account_id
        account = await current_state(Account(), account_id)
        began = account.registered_at == recorded.recorded_at
        if began and isinstance(event, AccountProviderLinked):
            return []  # the login that registered the account
        if account.is_service:
            return []  # nobody reads its inbox
        preferences = await current_state(Preferences(), preferences_stream(account_id))
        title, text = security_text(event, preferences.language)
        notification = NotificationRequested(
            account_id=account_id,
            channel=ChannelName.IN_APP,
            kind=SECURITY,
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            title=title,
            text=text,
        )
        inbox = [] if isinstance(event, AccountDeleted) else [notification]
        return [
            *(request_notification(each, ChannelName.IN_APP) for each in inbox),
            *_mails(notification, event, account),
        ]


def _mails(
    notification: NotificationRequested, event: Event, account: Account
) -> Iterator[Command[Any]]:
    mail = replace(notification, channel=ChannelName.EMAIL)
    if account.email_verified:
        yield request_notification(replace(mail, address=account.email), ChannelName.EMAIL)
    if isinstance(event, AccountAddressChanged):
        # The person whose account was stolen reads the address of before.
        previous = replace(mail, address=event.previous)
        yield request_notification(previous, f"{ChannelName.EMAIL}:previous")
