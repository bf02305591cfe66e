"""What a person hears of a new access token, and that nobody writes to a machine."""

from uuid import UUID

import pytest

from application.reactions.security_texts import ENGLISH
from domain.events.identity.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.identity.accounts import ServiceAccountRegistered
from domain.events.identity.sessions import PasswordResetRequested
from domain.vocabulary import Scope, TokenId
from tests.support.facts import ADA
from tests.unit.application.test_account_reactions import (
    GERMAN,
    OLD,
    REGISTERED,
    VERIFIED,
    World,
    where,
)

pytestmark = pytest.mark.anyio

CREATED = AccountTokenCreated(
    token_id=TokenId(UUID(int=1)), name="Backup", scopes=(Scope.TASKS_READ, Scope.AUDIT_READ)
)


async def test_a_new_token_is_mailed_with_its_name_and_scopes() -> None:
    told = await World(REGISTERED, VERIFIED, CREATED).told(CREATED)
    assert where(told) == [("in_app", None), ("email", OLD)]
    assert told[0].kind == "security"
    assert "“Backup”" in (told[0].text or "")
    assert "tasks:read, audit:read" in (told[0].text or "")
    [german, _] = await World(REGISTERED, VERIFIED, CREATED, preferences=(GERMAN,)).told(CREATED)
    assert "„Backup“" in (german.text or "")


async def test_a_machine_gets_no_notifications() -> None:
    machine = World(ServiceAccountRegistered(name="Backup"), CREATED)
    assert await machine.told(CREATED) == []
    forgot = PasswordResetRequested(account_id=ADA)
    assert await machine.links(forgot, UUID(int=0x9E)) == []


def test_a_revoked_token_is_no_news() -> None:
    assert AccountTokenCreated in ENGLISH
    assert AccountTokenRevoked not in ENGLISH
