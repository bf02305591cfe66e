"""The session cookie of our own pages, and what other sites try with it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infrastructure.config.settings import Settings
from tests.support.api import PASSWORD, Api, Person, running_api, settings_for
from tests.support.browser import Browser

SITE = "https://annals.test"
COOKIE = "__Host-annals-session"


@pytest.fixture(scope="module")
def more_settings() -> Mapping[str, Any]:
    return {"public_url": SITE}


def login(api: Api) -> dict[str, Any]:
    """What Ada's browser sends to log in."""
    return {"email": api.email("ada"), "password": PASSWORD, "cookie": True}


@pytest.fixture
async def browser(api: Api, ada: Person) -> Browser:
    """A browser with a session of Ada."""
    browser = Browser(api.http, SITE)
    answer = await browser.post("/auth/login", login(api))
    assert answer.status_code == 200, answer.text
    return browser


async def test_no_script_ever_sees_the_refresh_token(api: Api, ada: Person) -> None:
    browser = Browser(api.http, SITE)
    answer = await browser.post("/auth/login", login(api))
    assert set(answer.json()) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_expires_in",
    }
    cookie = browser.set[COOKIE]
    assert cookie.value not in answer.text
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert cookie["samesite"] == "strict"
    assert not cookie["domain"]
    person = Person(api.http, answer.json())
    assert (await person.get("/auth/me")).status_code == 200


async def test_the_cookie_is_exchanged_again_and_again(api: Api, browser: Browser) -> None:
    seen = {browser.cookies[COOKIE]}
    for _ in range(3):
        answer = await browser.post("/auth/refresh", {})
        assert answer.status_code == 200, answer.text
        assert "refresh_token" not in answer.json()
        seen.add(browser.cookies[COOKIE])
        assert (await Person(api.http, answer.json()).get("/auth/me")).status_code == 200
    assert len(seen) == 4


async def test_a_logout_ends_the_session_and_deletes_the_cookie(browser: Browser) -> None:
    token = browser.cookies[COOKIE]
    assert (await browser.post("/auth/logout", {})).status_code == 204
    assert COOKIE not in browser.cookies
    browser.cookies[COOKIE] = token
    assert (await browser.post("/auth/refresh", {})).json()["type"] == "/problems/session-ended"


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout", "/auth/login"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://annals.test.evil.example"},
        {"origin": "https://evil.annals.test"},
        {"origin": "https://annals.test:8443"},
        {"origin": "http://annals.test"},
        {"origin": "https://annals.test/"},
        {"origin": "https://ANNALS.test"},
        {"origin": f"{SITE} https://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": "", "sec_fetch_site": ""},
    ],
    ids=str,
)
async def test_a_request_of_another_site_is_refused_and_changes_nothing(
    api: Api, browser: Browser, path: str, headers: dict[str, str]
) -> None:
    body = login(api) if path == "/auth/login" else {}
    refused = await browser.post(path, body, **headers)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/cross-site"
    assert browser.set == {}
    assert (await browser.post("/auth/refresh", {})).status_code == 200


async def test_two_origins_are_none(api: Api, browser: Browser) -> None:
    cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    headers = [("origin", SITE), ("origin", SITE), ("cookie", cookie)]
    refused = await api.http.post("/auth/refresh", json={}, headers=headers)
    assert refused.json()["type"] == "/problems/cross-site"


async def test_without_cookie_and_token_there_is_no_session(api: Api) -> None:
    answer = await Browser(api.http, SITE).post("/auth/refresh", {})
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/session-ended"


async def test_a_token_of_a_cookie_is_worth_nothing_in_a_body(browser: Browser) -> None:
    stolen = {"refresh_token": browser.cookies[COOKIE]}
    assert (await browser.post("/auth/refresh", stolen)).status_code == 401
    assert (await browser.post("/auth/refresh", {})).status_code == 200


async def test_a_token_of_a_body_is_worth_nothing_in_a_cookie(api: Api, ada: Person) -> None:
    person, browser = await api.log_in("ada"), Browser(api.http, SITE)
    browser.cookies[COOKIE] = person.tokens["refresh_token"]
    assert (await browser.post("/auth/refresh", {})).status_code == 401
    own = {"refresh_token": person.tokens["refresh_token"]}
    assert (await api.http.post("/auth/refresh", json=own)).status_code == 200


async def test_tabs_that_refresh_at_the_same_moment_get_the_same_cookie(
    api: Api, browser: Browser
) -> None:
    tabs = [Browser(api.http, SITE) for _ in range(4)]
    for tab in tabs:
        tab.cookies = dict(browser.cookies)
    answers = await asyncio.gather(*(tab.post("/auth/refresh", {}) for tab in tabs))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({tab.cookies[COOKIE] for tab in tabs}) == 1
    assert (await tabs[0].post("/auth/refresh", {})).status_code == 200


async def test_a_tab_that_is_two_tokens_behind_is_told_to_repeat(
    api: Api, browser: Browser
) -> None:
    late = Browser(api.http, SITE)
    late.cookies = dict(browser.cookies)
    await browser.post("/auth/refresh", {})
    await browser.post("/auth/refresh", {})
    answer = await late.post("/auth/refresh", {})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/conflict"
    assert late.set == {}
    assert (await browser.post("/auth/refresh", {})).status_code == 200


async def test_a_cookie_that_was_used_some_time_ago_ends_the_session(
    api: Api, browser: Browser, settings: Settings
) -> None:
    thief = Browser(api.http, SITE)
    thief.cookies = dict(browser.cookies)
    await browser.post("/auth/refresh", {})
    with psycopg.connect(settings.database.url_or_fail) as connection:
        connection.execute("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'")
    assert (await thief.post("/auth/refresh", {})).status_code == 401
    assert (await browser.post("/auth/refresh", {})).status_code == 401


async def test_a_thief_within_the_grace_gets_no_tokens_of_their_own(
    api: Api, browser: Browser, settings: Settings
) -> None:
    thief = Browser(api.http, SITE)
    thief.cookies = dict(browser.cookies)
    await browser.post("/auth/refresh", {})
    assert (await thief.post("/auth/refresh", {})).status_code == 200
    assert thief.cookies == browser.cookies
    await thief.post("/auth/refresh", {})
    with psycopg.connect(settings.database.url_or_fail) as connection:
        connection.execute("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'")
    assert (await browser.post("/auth/refresh", {})).status_code == 401
    assert (await thief.post("/auth/refresh", {})).status_code == 401


async def test_an_ended_session_has_no_grace(api: Api, browser: Browser) -> None:
    late = Browser(api.http, SITE)
    late.cookies = dict(browser.cookies)
    await browser.post("/auth/refresh", {})
    await browser.post("/auth/logout", {})
    assert (await late.post("/auth/refresh", {})).status_code == 401


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8000", "annals-session"), ("127.0.0.1:8000", "annals-session")],
)
async def test_on_this_machine_the_cookie_needs_no_tls(
    database_url: str, keys: Path, host: str, name: str
) -> None:
    async with running_api(settings_for(database_url, keys)) as api:
        await api.person("ada")
        browser = Browser(api.http, f"http://{host}")
        answer = await browser.post("/auth/login", login(api), host=host)
        assert answer.status_code == 200, answer.text
        assert not browser.set[name]["secure"]
        assert (await browser.post("/auth/refresh", {}, host=host)).status_code == 200


@pytest.mark.parametrize("host", ["[1]", "[::1", "[v1.x]", "a:99999", "%5b", ""])
async def test_no_host_is_an_error_of_ours(database_url: str, keys: Path, host: str) -> None:
    async with running_api(settings_for(database_url, keys)) as api:
        browser = Browser(api.http, f"http://{host}")
        for path, body in (
            ("/auth/login", login(api)),
            ("/auth/refresh", {}),
            ("/auth/passkey", {}),
        ):
            answer = await browser.post(path, body, host=host or "annals.test")
            assert 400 <= answer.status_code < 500, answer.text


async def test_elsewhere_a_cookie_needs_tls(database_url: str, keys: Path) -> None:
    async with running_api(settings_for(database_url, keys)) as api:
        await api.person("ada")
        browser = Browser(api.http, "http://annals.test")
        refused = await browser.post("/auth/login", login(api))
        assert refused.status_code == 403
        assert "HTTPS" in refused.json()["detail"]
        assert browser.set == {}
