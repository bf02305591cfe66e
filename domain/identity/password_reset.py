"""A request for a new password: its link works once, for a short time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import LinkExpired
from domain.events.event import Event
from domain.events.identity.sessions import (
    PasswordResetEvent,
    PasswordResetRequested,
    PasswordResetUsed,
)
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.vocabulary import AccountId

RESET_LIFE = timedelta(minutes=15)


class PasswordReset(Aggregate[PasswordResetEvent]):
    """The present state of one request."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(PasswordResetEvent))

    version: int = 0
    account_id: AccountId | None = None
    requested_at: datetime | None = None
    is_used: bool = False

    def use(self, account: Account, now: datetime) -> Sequence[PasswordResetEvent]:
        """Use the link.

        Raises:
            LinkExpired: it was used, is too old, or is older than the present password or address
                of the account; or the account is disabled or deleted.
        """
        if self.account_id is None or self.requested_at is None or self.is_used:
            raise LinkExpired
        if now >= self.requested_at + RESET_LIFE or not account.active:
            raise LinkExpired
        for changed_at in (account.password_changed_at, account.email_changed_at):
            if changed_at is not None and changed_at >= self.requested_at:
                raise LinkExpired
        return [PasswordResetUsed(account_id=self.account_id)]

    def evolve(self, event: PasswordResetEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case PasswordResetRequested(account_id=account):
                return replace(now, account_id=account, requested_at=recorded.recorded_at)
            case PasswordResetUsed():
                return replace(now, is_used=True)
            case _:
                assert_never(event)
