"""An account without a password proves its owner by a fresh login with its provider or passkey."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from application.commands.identity.accounts import AccountStream
from application.ports.identity import SignIn
from domain.vocabulary import SignInMethod
from infrastructure.config.settings import Settings
from tests.support.accounts import account_of
from tests.support.api import Answer, Api, Person, running_api, settings_for
from tests.support.browser import Browser
from tests.support.clients.authenticator import Authenticator
from tests.support.facts import context
from tests.support.oidc.own_provider import CLIENT_ID, CODE, OwnProvider, own_provider
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

HOST = "annals.test"
SITE = f"https://{HOST}"


@pytest.fixture
def provider() -> Iterator[OwnProvider]:
    with own_provider() as provider:
        yield provider


@pytest.fixture
def settings(database_url: str, keys: Path, provider: OwnProvider) -> Settings:
    return settings_for(
        database_url,
        keys,
        public_url=SITE,
        oidc_issuers=(("own", provider.issuer),),
        oidc_client_ids=(("own", CLIENT_ID),),
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api:
        yield api


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api.http, SITE)


async def log_in(
    api: Api, browser: Browser, provider: OwnProvider, *, query: str = "", **claims: Any
) -> Person | Answer:
    """Log in with the provider; return the person, or the refusal."""
    started = await browser.navigate(f"/auth/oidc/own/start{query}")
    url = started.headers["location"]
    asked = parse_qs(urlsplit(url).query)
    assert ("max_age" in asked) == bool(query)
    provider.signs(provider.token_for(url, **claims))
    back = f"/auth/oidc/own/callback?code={CODE}&state={asked['state'][0]}"
    answer = await browser.navigate(back, accept="application/json")
    return Person(api.http, answer.json()) if answer.status_code == 200 else answer


async def person(*request: Any, **more: Any) -> Person:
    found = await log_in(*request, **more)
    assert isinstance(found, Person), found.text
    return found


def now() -> int:
    return int(time.time())


async def test_a_fresh_login_deletes_the_account_and_an_old_one_does_not(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    old = await person(api, browser, provider, auth_time=now() - 3600)
    refused = await old.ask("DELETE", "/auth/me", {})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/login-too-old")
    assert 'error="insufficient_user_authentication"' in refused.headers["www-authenticate"]
    assert 'max_age="300"' in refused.headers["www-authenticate"]
    fresh = await person(api, browser, provider, query="?fresh=true", auth_time=now())
    assert (await fresh.ask("DELETE", "/auth/me", {})).status_code == 204
    await until(lambda: signed_out(old))


async def signed_out(person: Person) -> bool:
    return (await person.get("/auth/me")).status_code == 401


async def test_a_login_that_a_provider_did_not_ask_for_anew_is_not_fresh(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    for claims in ({}, {"auth_time": now() - 3600}, {"auth_time": "now"}):
        refused = await log_in(api, browser, provider, query="?fresh=true", **claims)
        assert not isinstance(refused, Person)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/login-refused")


async def test_a_passkey_is_added_after_a_login_and_proves_its_owner_alone(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada = await person(api, browser, provider)
    key = Authenticator(SITE, HOST)
    begun = (await ada.ask("POST", "/auth/me/passkeys/options", {})).json()
    body = {"state": begun["state"], "credential": key.make(begun["options"]), "name": "Key"}
    assert (await ada.ask("POST", "/auth/me/passkeys", body)).status_code == 201
    options = (await api.http.post("/auth/passkey/options")).json()
    login = {"state": options["state"], "credential": key.sign(options["options"])}
    again = Person(api.http, (await api.http.post("/auth/passkey", json=login)).json())
    assert (await again.ask("POST", "/auth/me/recovery-codes", {})).status_code == 200
    assert (await again.ask("DELETE", "/auth/me", {})).status_code == 204


async def test_a_session_that_an_operator_began_proves_no_owner(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada = await person(api, browser, provider)
    account_id = await account_of(ada)
    who = context(actor="system:operator", now=datetime.now(UTC))
    account = await api.parts.commands.read(AccountStream(account_id=account_id), who)
    origin = SignIn(method=SignInMethod.TOKEN_CLI, device="annals token", address="")
    tokens = await api.parts.login.sessions.login(account.state, origin, who)
    operator = Person(api.http, {"access_token": tokens.access_token})
    refused = await operator.ask("DELETE", "/auth/me", {})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/login-too-old")


async def test_a_password_is_still_needed_where_there_is_one(ada: Person) -> None:
    for request in (
        ("DELETE", "/auth/me", {}),
        ("POST", "/auth/me/second-factors/totp", {}),
        ("POST", "/auth/me/passkeys/options", {}),
        ("PUT", "/auth/me/email", {"email": "other@annals.example"}),
    ):
        refused = await ada.ask(*request)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
