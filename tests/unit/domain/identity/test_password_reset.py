"""A link for a new password works once, for a quarter of an hour."""

from datetime import timedelta
from uuid import UUID

import pytest

from application.commands.identity.passwords import (
    ChangePassword,
    RequestPasswordReset,
    UsePasswordReset,
)
from domain.errors import AccountIsDisabled, AccountNotFound, LinkExpired
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountPasswordChanged,
    AccountRegistered,
)
from domain.events.identity.sessions import PasswordResetRequested, PasswordResetUsed
from domain.events.recorded import AnyEvent
from domain.vocabulary import PasswordChange, PasswordResetId
from tests.support.facts import ADA, EIGHT
from tests.support.scenario import Given, given

RESET = PasswordResetId(UUID(int=0x9E))
REGISTERED = AccountRegistered(email="ada@annals.example", name="Ada")
VERIFIED = AccountAddressVerified(email="ada@annals.example")
REQUESTED = PasswordResetRequested(account_id=ADA)
USED = PasswordResetUsed(account_id=ADA)
CHANGED = AccountPasswordChanged(method=PasswordChange.RESET)
USE = UsePasswordReset(reset_id=RESET)
SOON, LATER = EIGHT + timedelta(minutes=14), EIGHT + timedelta(minutes=15)


def requested(*account: AnyEvent) -> Given:
    """A link was asked for at eight, of an account to which these happened before."""
    return given(REQUESTED).and_in(ADA, *account, at=EIGHT - timedelta(hours=1))


def test_a_request_is_recorded_whether_or_not_an_account_has_the_address() -> None:
    for account in (ADA, None):
        ask = RequestPasswordReset(reset_id=RESET, account_id=account)
        given().when(ask).then(PasswordResetRequested(account_id=account))


def test_a_link_sets_the_password_and_proves_the_address() -> None:
    requested(REGISTERED, VERIFIED).when(USE, now=SOON).then(USED, also={ADA: [CHANGED]})
    requested(REGISTERED).when(USE, now=SOON).then(USED, also={ADA: [CHANGED, VERIFIED]})


def test_a_link_works_once_and_for_a_quarter_of_an_hour() -> None:
    requested(REGISTERED).when(USE, now=LATER).then_refused(LinkExpired)
    used = requested(REGISTERED).and_at(EIGHT, USED)
    used.when(USE, now=SOON).then_refused(LinkExpired)


def test_there_is_no_link_of_nobody() -> None:
    given().when(USE).then_refused(LinkExpired)
    nobody = given(PasswordResetRequested(account_id=None))
    nobody.when(USE, now=SOON).then_refused(LinkExpired)


@pytest.mark.parametrize(
    "since",
    [
        CHANGED,
        AccountAddressChanged(email="lovelace@annals.example", previous="ada@annals.example"),
        AccountDisabled(reason=""),
        AccountDeleted(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_happened_to_the_account_since_makes_a_link_worthless(since: AnyEvent) -> None:
    past = requested(REGISTERED).and_in(ADA, since, at=SOON - timedelta(minutes=1))
    past.when(USE, now=SOON).then_refused(LinkExpired)


def test_a_password_is_changed_only_of_an_account_that_can_be_used() -> None:
    change = ChangePassword(account_id=ADA, method=PasswordChange.ASKED)
    changed = AccountPasswordChanged(method=PasswordChange.ASKED)
    given(REGISTERED).when(change).then(changed)
    given(REGISTERED, changed).when(change).then(changed)
    given(REGISTERED, AccountDisabled(reason="")).when(change).then_refused(AccountIsDisabled)
    given(REGISTERED, AccountDeleted()).when(change).then_refused(AccountNotFound)
    given().when(change).then_refused(AccountNotFound)
