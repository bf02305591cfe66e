"""Nobody asks more than their share, whoever they are and whichever process they ask."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from tests.support.api import PASSWORD, Answer, Api, running_api, settings_for
from tests.support.servers.proxy import wire_to
from tests.support.waiting import until

# What a test is not about does not limit it.
UNLIMITED: dict[str, Any] = {
    "account_requests_per_second": 0,
    "address_requests_per_second": 0,
    "logins_per_minute": 0,
    "account_logins_per_minute": 0,
    "accounts_per_address": 0,
}


@asynccontextmanager
async def limited(
    database_url: str, keys: Path, redis_url: str, **limits: Any
) -> AsyncIterator[Api]:
    given = UNLIMITED | {"redis_url": redis_url} | limits
    async with running_api(settings_for(database_url, keys, **given)) as api:
        yield api


async def test_an_account_is_refused_what_is_beyond_its_rate_in_two_processes_together(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with (
        limited(database_url, keys, redis_url, account_requests_per_second=5) as one,
        limited(database_url, keys, redis_url, account_requests_per_second=5) as two,
    ):
        ada, bob = await one.person("ada"), await one.person("bob")
        began = time.monotonic()
        answers = await asyncio.gather(*(_me(api, ada) for api in [one, two] * 60))
        seconds = time.monotonic() - began
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {200, 429}
        # All of a second's worth at once, and those that came back in the meantime.
        assert 5 <= statuses[200] <= 5 + 5 * seconds + 1
        assert (await _me(one, bob)).status_code == 200
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["ratelimit-policy"] == '"account";q=5;w=1'
        assert refused.headers["ratelimit"] == '"account";r=0;t=1'
        assert refused.headers["retry-after"] == "1"


async def test_a_page_of_another_origin_may_read_that_it_has_to_wait(
    database_url: str, redis_url: str, keys: Path
) -> None:
    origin = "https://app.example.org"
    async with limited(
        database_url, keys, redis_url, address_requests_per_second=1, cors_origins=(origin,)
    ) as api:
        for sent, told in ((origin, origin), ("https://elsewhere.example", None)):
            while True:
                answer = await api.http.get("/auth/me", headers={"origin": sent})
                if answer.status_code == 429:
                    break
            assert answer.headers.get("access-control-allow-origin") == told
            exposed = answer.headers.get("access-control-expose-headers", "")
            assert ("Retry-After" in exposed) == (told is not None)


async def test_who_waits_as_told_is_answered(database_url: str, redis_url: str, keys: Path) -> None:
    async with limited(database_url, keys, redis_url, account_requests_per_second=2) as api:
        ada = await api.person("ada")
        while (answer := await _me(api, ada)).status_code == 200:
            pass
        await asyncio.sleep(int(answer.headers["retry-after"]))
        assert (await _me(api, ada)).status_code == 200


async def test_an_answer_says_how_much_is_left(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(
        database_url,
        keys,
        redis_url,
        account_requests_per_second=50,
        address_requests_per_second=10,
    ) as api:
        answer = await api.http.get("/auth/me")
        assert answer.status_code == 401
        assert answer.headers["ratelimit-policy"] == '"address";q=10;w=1'
        assert answer.headers["ratelimit"] == '"address";r=9;t=1'


async def test_an_address_is_refused_whatever_it_asks_for_but_whether_all_is_well(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, redis_url, address_requests_per_second=5) as api:
        began = time.monotonic()
        asked = [api.http.get("/no/such/thing") for _ in range(30)]
        statuses = Counter(answer.status_code for answer in await asyncio.gather(*asked))
        assert statuses[429] >= 30 - (5 + 5 * (time.monotonic() - began) + 1)
        for _ in range(10):
            alive = await api.http.get("http://annals.test/health/live")
            assert alive.status_code == 200


async def test_only_a_proxy_of_ours_is_believed_who_asks(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, redis_url, address_requests_per_second=1) as api:
        lied = [await _from(api, f"203.0.113.{n}") for n in range(5)]
        assert 429 in {answer.status_code for answer in lied}
    async with limited(
        database_url,
        keys,
        redis_url,
        address_requests_per_second=1,
        trusted_proxies=settings_networks("127.0.0.0/8,10.0.0.0/8"),
    ) as api:
        told = [await _from(api, f"198.51.100.{n}, 10.0.0.7") for n in range(5)]
        assert {answer.status_code for answer in told} == {401}
        # What stands left of the first stranger, the stranger wrote.
        lied = [await _from(api, f"203.0.113.{n}, 192.0.2.1, 10.0.0.7") for n in range(5)]
        assert 429 in {answer.status_code for answer in lied}


async def test_a_proxy_that_nobody_named_is_spoken_of_once(
    database_url: str, redis_url: str, keys: Path
) -> None:
    for named, times in (("", 1), ("127.0.0.0/8", 0)):
        trusted = settings_networks(named)
        with structlog.testing.capture_logs() as lines:
            async with limited(database_url, keys, redis_url, trusted_proxies=trusted) as api:
                await _me(api, await api.person(f"ada{times}"))
                assert not any("proxy" in line for line in lines)
                for n in range(3):
                    await _from(api, f"203.0.113.{n}")
        spoken = [line for line in lines if "proxy" in line]
        assert [line["setting"] for line in spoken] == ["ANNALS_TRUSTED_PROXIES"] * times


async def test_a_sixth_attempt_to_log_in_within_a_minute_waits(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, redis_url, logins_per_minute=5) as api:
        guesses = [await _log_in(api, "ada", f"guess number {n}") for n in range(6)]
        assert [answer.status_code for answer in guesses] == [401] * 5 + [429]
        assert 1 <= int(guesses[-1].headers["retry-after"]) <= 12
        assert guesses[-1].headers["ratelimit-policy"] == '"login";q=5;w=60'
        # However the address is written it is the same one; another one is another one.
        assert (await _log_in(api, "ADA", "guess")).status_code == 429
        assert (await _log_in(api, "bob", "guess")).status_code == 401


@pytest.mark.parametrize("written", ["  ada", "ADA", "A\u0044a", "\tada"], ids=ascii)
async def test_no_spelling_of_an_address_begins_another_count(
    database_url: str, redis_url: str, keys: Path, written: str
) -> None:
    async with limited(database_url, keys, redis_url, logins_per_minute=3) as api:
        for n in range(3):
            assert (await _log_in(api, "ada", f"guess number {n}")).status_code == 401
        assert (await _log_in(api, written, "guess")).status_code == 429


async def test_who_guesses_from_everywhere_is_slowed_and_the_owner_is_not_locked_out(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(
        database_url,
        keys,
        redis_url,
        account_logins_per_minute=10,
        trusted_proxies=settings_networks("127.0.0.0/8"),
    ) as api:
        await api.person("ada")  # logs in from here, so this address is known
        guesses = [
            await _log_in(api, "ada", "a guess", forwarded=f"203.0.113.{n}") for n in range(40)
        ]
        statuses = Counter(answer.status_code for answer in guesses)
        assert statuses[401] <= 12
        assert statuses[429] >= 28
        refused = next(answer for answer in guesses if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert (await _log_in(api, "ada", PASSWORD)).status_code == 200
        assert (await _log_in(api, "bob", "guess", forwarded="203.0.113.1")).status_code == 401


async def test_a_flood_of_logins_from_one_address_leaves_places_to_the_others(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(
        database_url, keys, redis_url, trusted_proxies=settings_networks("127.0.0.0/8")
    ) as api:
        await api.person("ada")
        flood = [
            asyncio.create_task(_log_in(api, f"nobody{n}", "a guess", forwarded="203.0.113.9"))
            for n in range(100)
        ]
        await until(lambda: _are(any(task.done() for task in flood)))
        patient = await _log_in(api, "ada", PASSWORD, forwarded="198.51.100.7")
        assert patient.status_code == 200
        refused = [answer for task in flood if (answer := await task).status_code == 429]
        assert len(refused) > 50
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}


async def test_an_address_registers_so_many_accounts_a_day_and_another_one_is_served(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with limited(
        database_url,
        keys,
        redis_url,
        accounts_per_address=2,
        trusted_proxies=settings_networks("127.0.0.0/8"),
    ) as api:
        made = [await _register(api, f"greedy{n}", "203.0.113.9") for n in range(4)]
        assert [answer.status_code for answer in made] == [201, 201, 429, 429]
        assert (await _register(api, "patient", "198.51.100.7")).status_code == 201


async def test_without_redis_requests_are_answered_and_passwords_are_not_tried(
    database_url: str, redis_url: str, keys: Path
) -> None:
    limits = {"account_requests_per_second": 1, "logins_per_minute": 1_000}
    async with (
        wire_to(redis_url) as wire,
        limited(database_url, keys, wire.url, **limits) as api,
    ):
        ada = await api.person("ada")
        wire.silence()
        before = wire.questions
        statuses = [(await _me(api, ada)).status_code for _ in range(20)]
        assert statuses == [200] * 20
        assert wire.questions - before <= 3  # most did not even ask it
        refused = await _log_in(api, "ada", PASSWORD)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
        assert refused.headers["retry-after"]
        wire.speak()

        async def passwords_are_tried() -> bool:
            return (await _log_in(api, "ada", PASSWORD)).status_code == 200

        await until(passwords_are_tried)
        assert 429 in {(await _me(api, ada)).status_code for _ in range(5)}


def settings_networks(text: str) -> Any:
    from infrastructure.config.settings import Settings

    return Settings.from_environment({"ANNALS_TRUSTED_PROXIES": text}).http.trusted_proxies


async def _me(api: Api, person: Any) -> Answer:
    headers = {"authorization": f"Bearer {person.tokens['access_token']}"}
    return await api.http.get("/auth/me", headers=headers)


async def _from(api: Api, forwarded: str) -> httpx.Response:
    return await api.http.get("/auth/me", headers={"x-forwarded-for": forwarded})


async def _are(found: bool) -> bool:
    return found


async def _register(api: Api, name: str, forwarded: str) -> Answer:
    body = {"email": f"{name}@example.org", "password": PASSWORD}
    return await api.http.post("/auth/register", json=body, headers={"x-forwarded-for": forwarded})


async def _log_in(api: Api, name: str, password: str, *, forwarded: str | None = None) -> Answer:
    body = {"email": f"{name}@example.org", "password": password}
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return await api.http.post("/auth/login", json=body, headers=headers)


pytestmark = pytest.mark.anyio
