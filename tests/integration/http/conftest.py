"""An API with people who use it, shared by the tests of a file unless a test has a database."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from application.commands.identity.accounts import GrantRole
from domain.vocabulary import Role
from infrastructure.config.settings import Settings
from tests.support.accounts import account_of
from tests.support.api import Api, Person, projecting, running_api, settings_for
from tests.support.facts import context
from tests.support.servers.databases import Postgres


@pytest.fixture(scope="module")
def more_settings() -> Mapping[str, Any]:
    """What the tests of a file need beside the database and the keys, for a file to override."""
    return {}


@pytest.fixture(scope="module")
def _shared_database_url(postgres: Postgres, _migrated: str) -> Iterator[str]:
    with postgres.migrated_database(_migrated) as url:
        yield url


@pytest.fixture(scope="module")
async def _shared_api(
    _shared_database_url: str, keys: Path, more_settings: Mapping[str, Any]
) -> AsyncIterator[Api]:
    async with running_api(settings_for(_shared_database_url, keys, **more_settings)) as api:
        yield api


@pytest.fixture(scope="module")
def _shared_database_url_with_views(postgres: Postgres, _migrated: str) -> Iterator[str]:
    with postgres.migrated_database(_migrated) as url:
        yield url


@pytest.fixture(scope="module")
async def _shared_api_with_views(
    _shared_database_url_with_views: str, keys: Path, more_settings: Mapping[str, Any]
) -> AsyncIterator[Api]:
    settings = settings_for(_shared_database_url_with_views, keys, **more_settings)
    async with running_api(settings) as api, projecting(settings):
        yield api


@pytest.fixture
async def _own_api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api:
        yield api


@pytest.fixture
async def _own_views(settings: Settings, api: Api) -> AsyncIterator[None]:
    async with projecting(settings):
        yield


def _alone(request: pytest.FixtureRequest) -> bool:
    """Whether the test, or a fixture of its file, asked for a database of the test's own."""
    return "database_url" in request.fixturenames


def _shared(request: pytest.FixtureRequest) -> Api:
    """The API of the file: the one with views for the tests that use views."""
    views = "_with_views" if "views" in request.fixturenames else ""
    api: Api = request.getfixturevalue(f"_shared_api{views}")
    return api


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, keys: Path, more_settings: Mapping[str, Any]
) -> Settings:
    if _alone(request):
        return settings_for(request.getfixturevalue("database_url"), keys, **more_settings)
    return _shared(request).settings


@pytest.fixture
def api(request: pytest.FixtureRequest, settings: Settings) -> Api:
    """An API. Tests that ask for `database_url` have it for themselves; others share it with the
    tests of their file, and have only their people for themselves."""
    if _alone(request):
        api: Api = request.getfixturevalue("_own_api")
        return api
    shared = _shared(request)
    assert settings is shared.settings, "For settings of its own, a test asks for `database_url`."
    return shared.among_strangers()


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.person("ada")


@pytest.fixture
async def bob(api: Api) -> Person:
    return await api.person("bob")


@pytest.fixture
def views(request: pytest.FixtureRequest, api: Api) -> None:
    """The views follow the log."""
    if _alone(request):
        request.getfixturevalue("_own_views")


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
