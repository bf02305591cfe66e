"""What an account decides about its access tokens."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.commands.identity.access_tokens import (
    CreateServiceToken,
    CreateToken,
    RegisterService,
    RevokeToken,
)
from domain.aggregate import fold
from domain.errors import (
    AccountNotFound,
    DateOutOfRange,
    Invalid,
    TokenNotFound,
    TooManyTokens,
)
from domain.events.identity.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.identity.accounts import (
    AccountRegistered,
    AccountRoleGranted,
    ServiceAccountRegistered,
)
from domain.identity.account import Account
from domain.vocabulary import LATEST, Role, Scope, TokenId
from tests.support.facts import ADA, EIGHT, NINE, TEN, history, recorded
from tests.support.scenario import given

REGISTERED = AccountRegistered(email="ada@annals.example", name="Ada")
SERVICE = ServiceAccountRegistered(name="Backup")
FIRST, SECOND = TokenId(UUID(int=1)), TokenId(UUID(int=2))
READ = (Scope.TASKS_READ,)
CREATE = CreateToken(account_id=ADA, token_id=FIRST, name="Backup", scopes=READ, most=2)
CREATED = AccountTokenCreated(token_id=FIRST, name="Backup", scopes=READ)
ANOTHER = AccountTokenCreated(token_id=SECOND, name="Another", scopes=READ)
REVOKE = RevokeToken(account_id=ADA, token_id=FIRST)


def test_a_token_has_its_scopes_in_one_order_and_each_once() -> None:
    asked = (Scope.ADMIN, Scope.TASKS_READ, Scope.ADMIN)
    ordered = replace(CREATED, scopes=(Scope.TASKS_READ, Scope.ADMIN))
    given(REGISTERED).when(replace(CREATE, scopes=asked)).then(ordered)


def test_a_token_without_a_scope_is_refused() -> None:
    given(REGISTERED).when(replace(CREATE, scopes=())).then_refused(Invalid)


def test_a_token_expires_in_the_future_or_never() -> None:
    at_nine = replace(CREATE, expires_at=NINE)
    given(REGISTERED).when(at_nine).then(replace(CREATED, expires_at=NINE))
    given(REGISTERED).when(at_nine, now=NINE).then_refused(Invalid)
    too_late = replace(CREATE, expires_at=LATEST + timedelta(days=1))
    given(REGISTERED).when(too_late).then_refused(DateOutOfRange)


def test_only_so_many_tokens_are_valid_at_once() -> None:
    full = given(REGISTERED, ANOTHER, replace(ANOTHER, token_id=TokenId(UUID(int=3))))
    full.when(CREATE).then_refused(TooManyTokens)
    given(REGISTERED, ANOTHER).when(CREATE).then(CREATED)


def test_a_token_that_has_expired_takes_no_place() -> None:
    short = replace(ANOTHER, expires_at=NINE)
    past = given(REGISTERED, short, replace(short, token_id=TokenId(UUID(int=3))))
    past.when(CREATE).then_refused(TooManyTokens)
    past.when(CREATE, now=NINE).then(CREATED)


def test_expired_tokens_are_forgotten_when_the_next_is_created() -> None:
    short = replace(ANOTHER, expires_at=NINE)
    account = fold(Account(), history(REGISTERED, short, stream=ADA))
    assert [token.id for token in account.tokens] == [SECOND]
    account = account.apply(recorded(CREATED, version=3, stream=ADA, at=TEN))
    assert [token.id for token in account.tokens] == [FIRST]
    (token,) = account.tokens
    assert (token.created_at, token.scopes, token.is_valid(TEN)) == (TEN, READ, True)


def test_a_token_is_revoked_once() -> None:
    given(REGISTERED, CREATED).when(REVOKE).then(AccountTokenRevoked(token_id=FIRST))
    revoked = given(REGISTERED, CREATED, AccountTokenRevoked(token_id=FIRST))
    revoked.when(REVOKE).then_refused(TokenNotFound)
    given(REGISTERED, ANOTHER).when(REVOKE).then_refused(TokenNotFound)


def test_nobody_gets_a_token_who_is_not_registered() -> None:
    given().when(CREATE).then_refused(AccountNotFound)


def test_a_machine_is_registered_with_its_roles_each_once() -> None:
    roles = (Role.AUDITOR, Role.USER, Role.AUDITOR)
    register = RegisterService(account_id=ADA, name="Backup", roles=roles)
    given().when(register).then(SERVICE, AccountRoleGranted(role=Role.AUDITOR))
    account = fold(Account(), history(SERVICE, stream=ADA, at=EIGHT))
    assert (account.id, account.email, account.roles) == (ADA, "", (Role.USER,))
    assert account.is_service


@pytest.mark.parametrize("first", [SERVICE, REGISTERED])
def test_administrators_create_tokens_of_machines_and_never_of_persons(
    first: ServiceAccountRegistered | AccountRegistered,
) -> None:
    create = CreateServiceToken(account_id=ADA, token_id=FIRST, name="Backup", scopes=READ, most=2)
    asked = given(first).when(create)
    if first is SERVICE:
        asked.then(CREATED)
    else:
        asked.then_refused(AccountNotFound)
