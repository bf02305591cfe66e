"""What an account decides."""

from application.commands.identity.accounts import (
    DisableAccount,
    EnableAccount,
    GrantRole,
    RegisterAccount,
    RenameAccount,
    RevokeRole,
)
from domain.aggregate import fold
from domain.errors import AccountNotFound, EmailTaken
from domain.events.identity.accounts import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountRegistered,
    AccountRenamed,
    AccountRoleGranted,
    AccountRoleRevoked,
    EmailClaimed,
)
from domain.identity.account import Account
from domain.values.streams import StreamNames
from domain.vocabulary import Role
from tests.support.facts import ADA, context, history
from tests.support.scenario import given

REGISTERED = AccountRegistered(email="ada@annals.example", name="Ada")
ADDRESS = StreamNames(secret=b"of this installation").address_stream("Ada@Annals.example")
REGISTER = RegisterAccount(
    account_id=ADA, email="ada@annals.example", name="Ada", address_stream=ADDRESS
)
GRANT = GrantRole(account_id=ADA, role=Role.AUDITOR)
REVOKE = RevokeRole(account_id=ADA, role=Role.AUDITOR)


def test_registering_claims_the_address_with_the_same_decision() -> None:
    claimed = EmailClaimed(account_id=ADA)
    given().when(REGISTER).then(REGISTERED, also={ADDRESS: [claimed]})


def test_a_lost_claim_means_that_the_address_is_taken() -> None:
    (taken,) = REGISTER.decision(Account(), context()).if_taken.items()
    assert taken[0] == ADDRESS
    assert isinstance(taken[1], EmailTaken)


def test_a_role_is_granted_once_and_revoked_once() -> None:
    granted = AccountRoleGranted(role=Role.AUDITOR)
    given(REGISTERED).when(GRANT).then(granted)
    given(REGISTERED, granted).when(GRANT).then_nothing()
    given(REGISTERED, granted).when(REVOKE).then(AccountRoleRevoked(role=Role.AUDITOR))
    given(REGISTERED).when(REVOKE).then_nothing()


def test_nobody_gets_a_role_who_is_not_registered() -> None:
    given().when(GRANT).then_refused(AccountNotFound)


def test_roles_follow_the_facts() -> None:
    account = fold(Account(), history(REGISTERED, AccountRoleGranted(role=Role.ADMIN), stream=ADA))
    assert account.roles == (Role.USER, Role.ADMIN)


def test_a_name_changes_when_it_is_another_one() -> None:
    renamed = AccountRenamed(name="Ada Lovelace")
    given(REGISTERED).when(RenameAccount(account_id=ADA, name="Ada Lovelace")).then(renamed)
    given(REGISTERED).when(RenameAccount(account_id=ADA, name="Ada")).then_nothing()


def test_an_account_is_disabled_once_and_enabled_once() -> None:
    disable = DisableAccount(account_id=ADA, reason="spam")
    enable = EnableAccount(account_id=ADA)
    disabled = AccountDisabled(reason="spam")
    given(REGISTERED).when(disable).then(disabled)
    given(REGISTERED, disabled).when(disable).then_nothing()
    given(REGISTERED, disabled).when(enable).then(AccountEnabled())
    given(REGISTERED).when(enable).then_nothing()


def test_nothing_happens_to_a_deleted_account() -> None:
    gone = given(REGISTERED, AccountDeleted())
    for command in (
        GRANT,
        REVOKE,
        RenameAccount(account_id=ADA, name="Eve"),
        DisableAccount(account_id=ADA, reason=""),
        EnableAccount(account_id=ADA),
    ):
        gone.when(command).then_refused(AccountNotFound)


def test_only_an_account_that_is_registered_and_not_locked_is_active() -> None:
    disabled, enabled = AccountDisabled(reason=""), AccountEnabled()
    for past, active in (
        ((), False),
        ((REGISTERED,), True),
        ((REGISTERED, disabled), False),
        ((REGISTERED, disabled, enabled), True),
        ((REGISTERED, AccountDeleted()), False),
    ):
        assert fold(Account(), history(*past, stream=ADA)).active is active
