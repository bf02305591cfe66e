"""Logging in with OpenID Connect providers, honest ones and others."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest

from application.command import Context
from application.commands.identity.accounts import DeleteAccount, DisableAccount
from application.commands.identity.addresses import ConfirmAddress
from domain.identity.provider_link import ProviderLink
from domain.vocabulary import AccountId
from infrastructure.config.settings import Settings
from infrastructure.oidc import provider_keys
from tests.support.api import PASSWORD, Answer, Api, Person, running_api, settings_for
from tests.support.browser import Browser
from tests.support.oidc.logins import PENDING, SESSION, SITE, back, log_in, start
from tests.support.oidc.own_provider import (
    CLIENT_ID,
    KID,
    OwnProvider,
    own_provider,
)


@pytest.fixture
def provider() -> Iterator[OwnProvider]:
    with own_provider() as provider:
        yield provider


@pytest.fixture
def other() -> Iterator[OwnProvider]:
    with own_provider() as provider:
        yield provider


@pytest.fixture
def settings(database_url: str, keys: Path, provider: OwnProvider, other: OwnProvider) -> Settings:
    return settings_for(
        database_url,
        keys,
        public_url=SITE,
        oidc_issuers=(("own", provider.issuer), ("other", other.issuer)),
        oidc_client_ids=(("own", CLIENT_ID), ("other", CLIENT_ID)),
        oidc_client_secrets=(("own", "s€cret"),),
        oidc_labels=(("own", "Our own"),),
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api:
        yield api


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api.http, SITE)


async def person_of(api: Api, browser: Browser) -> Person:
    """The person whose session a browser has."""
    answer = await browser.post("/auth/refresh", {})
    assert answer.status_code == 200, answer.text
    return Person(api.http, answer.json())


async def verified(api: Api, name: str) -> Person:
    """Somebody with a password, who has proved to read the mail of their address."""
    person = await api.person(name)
    me = (await person.get("/auth/me")).json()
    stream = api.parts.names.address_stream(me["email"])
    command = ConfirmAddress(
        account_id=AccountId(UUID(me["id"])),
        email=me["email"],
        address_stream=stream,
        previous=me["email"],
        previous_stream=stream,
    )
    await api.parts.commands.handle(command, _context())
    return person


async def test_the_providers_are_listed(api: Api, provider: OwnProvider) -> None:
    answer = await api.http.get("/auth/oidc")
    assert answer.json()["providers"][0] == {
        "name": "own",
        "label": "Our own",
        "login_url": "/api/v1/auth/oidc/own/start",
    }
    assert [each["label"] for each in answer.json()["providers"]] == ["Our own", "other"]


async def test_a_login_begins_with_a_code_challenge_a_state_and_a_nonce(
    browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser, query="?return_to=/today")
    assert url.startswith(f"{provider.issuer}/authorize?")
    asked = {key: value for key, [value] in parse_qs(urlsplit(url).query).items()}
    assert asked.keys() == {
        *("response_type", "client_id", "redirect_uri", "scope"),
        *("state", "nonce", "code_challenge", "code_challenge_method"),
    }
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{SITE}/api/v1/auth/oidc/own/callback"
    cookie = browser.set[PENDING]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "lax"
    assert asked["state"] not in cookie.value
    assert asked["nonce"] not in cookie.value


async def test_whoever_is_new_gets_an_account_and_a_session(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser, query="?return_to=/today?day=1")
    provider.signs(provider.token_for(url))
    answer = await back(browser, url)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{SITE}/today?day=1"
    assert PENDING not in browser.cookies
    assert browser.set[SESSION]["samesite"] == "strict"
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    assert (me["email"], me["name"]) == ("ada@example.org", "Ada")
    facts = [type(each.event).__name__ for each in await api.recorded(UUID(me["id"]))]
    assert facts == ["AccountRegistered", "AccountAddressVerified", "AccountProviderLinked"]


async def test_the_code_is_redeemed_with_its_verifier_and_our_secret(
    browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    [form] = provider.forms
    assert form["grant_type"] == ["authorization_code"]
    assert form["code"] == ["a-code"]
    assert len(form["code_verifier"][0]) >= 43
    assert "client_secret" not in form  # it is in the header


async def test_whoever_comes_again_gets_the_same_account(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    first = (await (await person_of(api, browser)).get("/auth/me")).json()
    again = Browser(api.http, SITE)
    await log_in(again, provider, email="another@example.org", email_verified=False)
    assert (await (await person_of(api, again)).get("/auth/me")).json() == first


async def test_two_first_logins_at_the_same_time_make_one_account(
    api: Api, provider: OwnProvider
) -> None:
    browsers = {f"code-{number}": Browser(api.http, SITE) for number in range(4)}
    urls = {code: await start(browser) for code, browser in browsers.items()}
    for code, url in urls.items():
        provider.signs(provider.token_for(url), code=code)
    answers = await asyncio.gather(
        *(back(browsers[code], url, code=code) for code, url in urls.items())
    )
    assert [answer.status_code for answer in answers] == [303] * 4
    people = [await person_of(api, browser) for browser in browsers.values()]
    assert len({(await person.get("/auth/me")).json()["id"] for person in people}) == 1


async def test_a_program_gets_tokens_instead_of_a_cookie(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    started = await browser.navigate("/auth/oidc/own/start", accept="application/json")
    url = started.json()["authorization_url"]
    provider.signs(provider.token_for(url))
    [state] = parse_qs(urlsplit(url).query)["state"]
    query = f"code=a-code&state={state}"
    answer = await browser.navigate(f"/auth/oidc/own/callback?{query}", accept="application/json")
    assert answer.status_code == 200, answer.text
    assert SESSION not in browser.cookies
    renewed = await api.http.post(
        "/auth/refresh", json={"refresh_token": answer.json()["refresh_token"]}
    )
    assert renewed.status_code == 200


async def test_a_verified_address_leads_to_the_account_that_has_it(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada = await verified(api, "ada")
    assert (await log_in(browser, provider)).status_code == 303
    mine = (await ada.get("/auth/me")).json()
    assert (await (await person_of(api, browser)).get("/auth/me")).json()["id"] == mine["id"]
    sessions = (await ada.get("/auth/sessions")).json()["items"]
    assert {each["method"] for each in sessions} == {"password", "oidc"}


@pytest.mark.parametrize(
    ("ours", "theirs"), [(False, True), (True, False), (False, False), (True, "yes"), (True, None)]
)
async def test_an_address_that_one_side_did_not_prove_leads_nowhere(
    api: Api, browser: Browser, provider: OwnProvider, ours: bool, theirs: Any
) -> None:
    await (verified(api, "ada") if ours else api.person("ada"))
    refused = await log_in(browser, provider, email_verified=theirs)
    assert refused.status_code == 409
    assert "password" in refused.json()["detail"]
    assert SESSION not in browser.cookies


async def test_a_new_account_has_a_verified_address_only_if_the_provider_verified_it(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider, email_verified=False)
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    facts = [type(each.event).__name__ for each in await api.recorded(UUID(me["id"]))]
    assert facts == ["AccountRegistered", "AccountProviderLinked"]


async def test_what_the_token_does_not_say_is_asked_for(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    provider.user_info = provider.person
    provider.person = {"sub": "ada"}
    assert (await log_in(browser, provider)).status_code == 303
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    assert me["email"] == "ada@example.org"


async def test_what_is_said_of_another_person_is_refused(
    browser: Browser, provider: OwnProvider
) -> None:
    provider.user_info = provider.person | {"sub": "eve"}
    provider.person = {"sub": "ada"}
    refused = await log_in(browser, provider)
    assert refused.json()["type"] == "/problems/login-refused"


async def test_several_audiences_need_our_name_as_the_party_that_asked(
    browser: Browser, provider: OwnProvider
) -> None:
    answer = await log_in(browser, provider, aud=[CLIENT_ID, "api"], azp=CLIENT_ID)
    assert answer.status_code == 303


async def test_a_login_comes_back_once(browser: Browser, provider: OwnProvider) -> None:
    url = await start(browser)
    kept = dict(browser.cookies)
    provider.signs(provider.token_for(url))
    assert (await back(browser, url)).status_code == 303
    browser.cookies = kept
    refused = await back(browser, url)
    assert refused.json()["type"] == "/problems/login-refused"
    assert provider.requests["/token"] == 1


async def test_of_two_that_come_back_at_the_same_time_one_is_refused(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url))
    twins = [Browser(api.http, SITE) for _ in range(5)]
    for twin in twins:
        twin.cookies = dict(browser.cookies)
    answers = await asyncio.gather(*(back(twin, url) for twin in twins))
    assert sorted(answer.status_code for answer in answers) == [303, 403, 403, 403, 403]


async def test_the_answer_of_one_provider_is_refused_for_another(
    browser: Browser, provider: OwnProvider, other: OwnProvider
) -> None:
    url = await start(browser)
    other.signs(other.token_for(url))
    refused = await back(browser, url, name="other")
    assert refused.json()["type"] == "/problems/login-refused"
    assert other.requests["/token"] == 0
    url = await start(browser)
    refused = await back(browser, url, iss=other.issuer)
    assert refused.json()["type"] == "/problems/login-refused"
    assert provider.requests["/token"] == 0


async def test_a_provider_that_names_itself_must_do_so(
    browser: Browser, provider: OwnProvider
) -> None:
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    url = await start(browser)
    assert (await back(browser, url)).status_code == 403
    url = await start(browser)
    provider.signs(provider.token_for(url))
    assert (await back(browser, url, iss=provider.issuer)).status_code == 303


async def test_the_token_of_another_provider_is_refused(
    browser: Browser, provider: OwnProvider, other: OwnProvider
) -> None:
    url = await start(browser)
    other.signs(other.token_for(url))
    provider.id_tokens = other.id_tokens  # signed with the same key, too
    assert (await back(browser, url)).json()["type"] == "/problems/login-refused"


async def test_the_same_name_at_two_providers_is_two_people(
    api: Api, browser: Browser, provider: OwnProvider, other: OwnProvider
) -> None:
    await log_in(browser, provider)
    url = await start(browser, "other")
    other.signs(other.token_for(url, email="eve@example.org"))
    assert (await back(browser, url, name="other")).status_code == 303
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    assert me["email"] == "eve@example.org"


async def test_a_new_key_of_the_provider_is_fetched_when_it_is_met(
    browser: Browser, provider: OwnProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await log_in(browser, provider)).status_code == 303
    provider.published = {"key-2": "rotated"}
    url = await start(browser)
    provider.signs(provider.token_for(url), name="rotated", kid="key-2")
    assert (await back(browser, url)).status_code == 403
    assert provider.requests["/jwks"] == 1  # it was fetched a moment ago
    monkeypatch.setattr(provider_keys, "REFRESH_SECONDS", 0.0)
    url = await start(browser)
    provider.signs(provider.token_for(url), name="rotated", kid="key-2")
    assert (await back(browser, url)).status_code == 303
    url = await start(browser)
    provider.signs(provider.token_for(url), kid=KID)
    assert (await back(browser, url)).status_code == 403


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, b"")),
        ("/.well-known/openid-configuration", (200, b"[]")),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000)),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.example"}')),
        ("/.well-known/openid-configuration", (200, b" " * 300_000)),
    ],
    ids=["error", "no object", "nested", "other issuer", "too long"],
)
async def test_a_provider_that_fails_is_unavailable(
    browser: Browser, provider: OwnProvider, path: str, answer: tuple[int, bytes]
) -> None:
    provider.answers[path] = answer
    assert (await browser.navigate("/auth/oidc/own/start")).status_code == 503
    del provider.answers[path]
    assert (await log_in(browser, provider)).status_code == 303


@pytest.mark.parametrize("path", ["/token", "/jwks"])
async def test_a_provider_that_fails_later_is_unavailable(
    browser: Browser, provider: OwnProvider, path: str
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url))
    provider.answers[path] = (502, b"")
    assert (await back(browser, url)).status_code == 503
    assert SESSION not in browser.cookies


async def test_a_refused_code_is_refused_in_words(browser: Browser, provider: OwnProvider) -> None:
    url = await start(browser)
    provider.answers["/token"] = (400, b'{"error": "invalid_grant"}')
    refused = await back(browser, url)
    assert refused.status_code == 403
    assert "code" in refused.json()["detail"]


@pytest.mark.parametrize(
    "endpoint",
    ["http://evil.example/token", "file:///etc/passwd", "https://", "http://10.0.0.1/token"],
)
async def test_secrets_are_sent_nowhere_without_tls(
    browser: Browser, provider: OwnProvider, endpoint: str
) -> None:
    provider.discovery = {"token_endpoint": endpoint}
    assert (await browser.navigate("/auth/oidc/own/start")).status_code == 503


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:a=b/../\r\n",
        "",
        "/" + "x" * 2_000,
        "/\t/evil.example",
    ],
)
async def test_a_login_leads_to_no_other_site(browser: Browser, path: str) -> None:
    answer = await browser._http.get("/auth/oidc/own/start", params={"return_to": path})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "return_to"


async def test_an_unknown_provider_is_not_found(browser: Browser) -> None:
    assert (await browser.navigate("/auth/oidc/none/start")).status_code == 404
    assert (await browser.navigate("/auth/oidc/none/callback?state=x")).status_code == 404


async def test_a_disabled_account_is_refused(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    disable = DisableAccount(account_id=AccountId(UUID(me["id"])), reason="a test")
    await api.parts.commands.handle(disable, _context())
    again = Browser(api.http, SITE)
    refused = await log_in(again, provider)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/account-disabled"
    assert SESSION not in again.cookies


async def test_a_deleted_account_leaves_its_login_free(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    me = (await (await person_of(api, browser)).get("/auth/me")).json()
    delete = DeleteAccount(
        account_id=AccountId(UUID(me["id"])),
        email=me["email"],
        address_stream=api.parts.names.address_stream(me["email"]),
    )
    await api.parts.commands.handle(delete, _context())
    again = Browser(api.http, SITE)
    assert (await log_in(again, provider)).status_code == 303
    new = (await (await person_of(api, again)).get("/auth/me")).json()
    assert new["id"] != me["id"]


async def link(browser: Browser, person: Person, provider: OwnProvider, **changed: Any) -> Answer:
    """Link a provider to the account of a person."""
    authorization = f"Bearer {person.tokens['access_token']}"
    begun = await browser.post(
        "/auth/me/providers/own", {"password": PASSWORD}, authorization=authorization
    )
    assert begun.status_code == 200, begun.text
    url = begun.json()["authorization_url"]
    provider.signs(provider.token_for(url, **changed))
    return await back(browser, url)


async def test_a_person_who_is_logged_in_links_and_unlinks_a_provider(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada = await api.person("ada")
    answer = await link(browser, ada, provider, email="work@example.org", email_verified=False)
    assert answer.status_code == 303
    assert SESSION not in browser.cookies
    [linked] = (await ada.get("/auth/me/providers")).json()["providers"]
    assert (linked["name"], linked["label"]) == ("own", "Our own")
    await log_in(browser, provider, email=None)
    mine = (await ada.get("/auth/me")).json()
    assert (await (await person_of(api, browser)).get("/auth/me")).json() == mine
    assert (await ada.ask("DELETE", "/auth/me/providers/own")).status_code == 204
    assert (await ada.get("/auth/me/providers")).json()["providers"] == []
    assert (await ada.ask("DELETE", "/auth/me/providers/own")).status_code == 404


async def test_a_token_alone_links_nothing(api: Api, ada: Person) -> None:
    for body in ({}, {"password": "not the password"}):
        refused = await ada.ask("POST", "/auth/me/providers/own", body)
        assert refused.json()["type"] == "/problems/wrong-password"
        assert "set-cookie" not in refused.headers


async def test_whoever_has_no_password_links_another_provider(
    api: Api, browser: Browser, provider: OwnProvider, other: OwnProvider
) -> None:
    await log_in(browser, provider)
    ada = await person_of(api, browser)
    begun = await browser.post(
        "/auth/me/providers/other", {}, authorization=f"Bearer {ada.tokens['access_token']}"
    )
    url = begun.json()["authorization_url"]
    other.signs(other.token_for(url))
    assert (await back(browser, url, name="other")).status_code == 303
    assert len((await ada.get("/auth/me/providers")).json()["providers"]) == 2
    assert (await ada.ask("DELETE", "/auth/me/providers/own")).status_code == 204


async def test_a_login_is_linked_to_one_account(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    assert (await link(browser, ada, provider)).status_code == 303
    refused = await link(browser, bob, provider)
    assert refused.status_code == 409
    assert (await bob.get("/auth/me/providers")).json()["providers"] == []
    second = await link(browser, ada, provider, sub="ada at work")
    assert second.status_code == 409


async def test_a_session_that_has_ended_links_nothing(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    ada = await api.person("ada")
    authorization = f"Bearer {ada.tokens['access_token']}"
    begun = await browser.post(
        "/auth/me/providers/own", {"password": PASSWORD}, authorization=authorization
    )
    url = begun.json()["authorization_url"]
    await api.http.post("/auth/logout", json={"refresh_token": ada.tokens["refresh_token"]})
    provider.signs(provider.token_for(url))
    refused = await back(browser, url)
    assert refused.json()["type"] == "/problems/login-refused"
    link_id = api.parts.names.provider_stream(provider.issuer, "ada")
    assert (await api.parts.commands.current_state(ProviderLink(), link_id)).account_id is None


async def test_the_last_way_to_log_in_stays(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    ada = await person_of(api, browser)
    refused = await ada.ask("DELETE", "/auth/me/providers/own")
    assert refused.status_code == 409
    assert "password" in refused.json()["detail"]
    assert len((await ada.get("/auth/me/providers")).json()["providers"]) == 1


async def test_an_account_without_a_password_has_none_that_works(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    await log_in(browser, provider)
    for password in (PASSWORD, "", "none"):
        body = {"email": "ada@example.org", "password": password}
        assert (await api.http.post("/auth/login", json=body)).status_code == 401


async def test_nothing_of_a_provider_is_in_the_log_in_plain(
    api: Api, browser: Browser, provider: OwnProvider, settings: Settings
) -> None:
    provider.person["sub"] = "the-name-at-the-provider"
    await log_in(browser, provider)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        stored = connection.execute("SELECT state FROM stored_events").fetchall()
    assert stored
    secrets = (b"the-name-at-the-provider", b"a-code", b"eyJ")
    assert not [state for (state,) in stored for secret in secrets if secret in state]


def _context() -> Context:
    return Context(actor="system:test", now=datetime.now(UTC), correlation_id=uuid4())
