"""An API of one's own with views, and somebody with an assistant."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infrastructure.config.settings import Settings
from tests.support.api import Api, Person, projecting, running_api, settings_for


@pytest.fixture
def settings(database_url: str, keys: Path) -> Settings:
    return settings_for(database_url, keys)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api, projecting(settings):
        yield api


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.person("ada")
