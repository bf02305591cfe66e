"""What takes a password, or sends a mail, is limited like a login."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.http.test_request_limiter import UNLIMITED
from tests.support.accounts import reset_requests
from tests.support.api import PASSWORD, Answer, Api, Person, running_api, settings_for

NEW = "staple battery horse"


@asynccontextmanager
async def limited(
    database_url: str, keys: Path, redis_url: str, **limits: Any
) -> AsyncIterator[Api]:
    given = UNLIMITED | {"redis_url": redis_url} | limits
    async with running_api(settings_for(database_url, keys, **given)) as api:
        yield api


async def forget(api: Api, email: str) -> Answer:
    return await api.http.post("/auth/password/forgotten", json={"email": email})


async def test_mails_for_a_forgotten_password_are_limited_for_each_address(
    database_url: str, redis_url: str, keys: Path
) -> None:
    settings = settings_for(database_url, keys)
    async with limited(database_url, keys, redis_url, logins_per_minute=3) as api:
        for email in ("nobody@example.org", "Nobody@Example.org", " nobody@example.org"):
            assert (await forget(api, email)).status_code == 202
        refused = await forget(api, "NOBODY@example.org")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert (await forget(api, "other@example.org")).status_code == 202
    assert len(reset_requests(settings)) == 4  # a refusal records nothing


async def test_a_network_address_causes_so_many_mails_a_day(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, redis_url, accounts_per_address=3) as api:
        answers = [await forget(api, f"nobody{number}@example.org") for number in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/password", {"old_password": "a guess", "new_password": NEW}),
        ("PUT", "/auth/me/email", {"email": "eve@example.org", "password": "a guess"}),
        ("DELETE", "/auth/me", {"password": "a guess"}),
    ],
)
async def test_a_stolen_token_is_no_way_to_guess_the_password(
    database_url: str, redis_url: str, keys: Path, method: str, path: str, body: dict[str, str]
) -> None:
    async with limited(database_url, keys, redis_url, logins_per_minute=6) as api:
        ada = await api.person("ada")  # two attempts
        guesses = [await ada.ask(method, path, body) for _ in range(6)]
        assert [answer.status_code for answer in guesses] == [403] * 4 + [429] * 2
        # The same count as that of logins: no second door.
        account = {"email": "ADA@example.org", "password": PASSWORD}
        assert (await api.http.post("/auth/login", json=account)).status_code == 429


async def test_more_verification_mails_are_limited(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, redis_url, logins_per_minute=5) as api:
        ada = await api.person("ada")
        asked = [await _verification(ada) for _ in range(5)]
        assert asked == [202, 202, 202, 429, 429]


async def _verification(who: Person) -> int:
    return (await who.ask("POST", "/auth/me/verification")).status_code
