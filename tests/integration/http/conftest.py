"""An API of its own for each test, and people who use it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from application.commands.identity.accounts import GrantRole
from domain.vocabulary import Role
from infrastructure.config.settings import Settings
from tests.support.accounts import account_of
from tests.support.api import Api, Person, projecting, running_api, settings_for
from tests.support.facts import context


@pytest.fixture
def settings(database_url: str, keys: Path) -> Settings:
    return settings_for(database_url, keys)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api:
        yield api


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.person("ada")


@pytest.fixture
async def bob(api: Api) -> Person:
    return await api.person("bob")


@pytest.fixture
async def views(settings: Settings, api: Api) -> AsyncIterator[None]:
    """The views follow the log."""
    async with projecting(settings):
        yield


async def operator(api: Api, name: str, role: Role) -> Person:
    person = await api.person(name)
    account = await account_of(person)
    grant = GrantRole(account_id=account, role=role)
    await api.parts.commands.handle(grant, context(actor="system:test"))
    api.parts.login.authenticator.forget({account})
    return person


@pytest.fixture
async def auditor(api: Api) -> Person:
    return await operator(api, "audrey", Role.AUDITOR)


@pytest.fixture
async def admin(api: Api) -> Person:
    return await operator(api, "root", Role.ADMIN)
