"""What each fact makes of an account's row."""

from msgspec.structs import replace

from domain.events.identity.accounts import (
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
)
from domain.vocabulary import Role
from projections.views.accounts import AccountRow, Accounts
from tests.support.facts import ADA, EIGHT, NINE, recorded

ROW = AccountRow(
    id=ADA,
    email="ada@example.org",
    name="Ada",
    roles=(Role.USER,),
    registered_at=EIGHT,
    version=1,
)


def test_who_registers_is_a_user() -> None:
    registered = AccountRegistered(email="ada@example.org", name="Ada")
    assert Accounts().evolve(None, recorded(registered, stream=ADA)) == ROW


def test_roles_come_and_go() -> None:
    granted = recorded(AccountRoleGranted(role=Role.ADMIN), stream=ADA, version=2, at=NINE)
    admin = Accounts().evolve(ROW, granted)
    assert admin == replace(ROW, roles=(Role.USER, Role.ADMIN), version=2)
    revoked = recorded(AccountRoleRevoked(role=Role.USER), stream=ADA, version=3, at=NINE)
    assert Accounts().evolve(admin, revoked) == replace(ROW, roles=(Role.ADMIN,), version=3)


def test_an_account_whose_registration_is_unknown_has_no_row() -> None:
    granted = recorded(AccountRoleGranted(role=Role.ADMIN), stream=ADA, version=2)
    assert Accounts().evolve(None, granted) is None
