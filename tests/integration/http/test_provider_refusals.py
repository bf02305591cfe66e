"""What providers and strangers send that is refused: wrong claims, signatures and parameters."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.api import Api
from tests.support.browser import Browser
from tests.support.oidc.logins import SESSION, SITE, back, log_in, start
from tests.support.oidc.own_provider import (
    CLIENT_ID,
    CODE,
    OwnProvider,
    own_provider,
    public_pem,
)


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[OwnProvider]:
    with own_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def more_settings(shared_provider: OwnProvider) -> Mapping[str, Any]:
    return {
        "public_url": SITE,
        "oidc_issuers": (("own", shared_provider.issuer),),
        "oidc_client_ids": (("own", CLIENT_ID),),
        "oidc_client_secrets": (("own", "s€cret"),),
    }


@pytest.fixture
def provider(shared_provider: OwnProvider) -> OwnProvider:
    """The provider of the file, as if nobody had asked it anything yet."""
    shared_provider.begin_anew()
    return shared_provider


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api.http, SITE)


async def test_what_an_honest_provider_sends_is_accepted(
    browser: Browser, provider: OwnProvider
) -> None:
    somebody = {"sub": "somebody", "email": "somebody@example.org"}
    assert (await log_in(browser, provider, **somebody)).status_code == 303
    assert SESSION in browser.cookies


@pytest.mark.parametrize("email", [None, "", "nobody", "a b@example.org", 7, "аda@example.org"])
async def test_without_a_usable_address_no_account_is_made(
    browser: Browser, provider: OwnProvider, email: Any
) -> None:
    refused = await log_in(browser, provider, email=email)
    assert refused.status_code in {403, 422}
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"aud": []},
        {"aud": None},
        {"azp": "another-client"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_is_refused(
    browser: Browser, provider: OwnProvider, changed: dict[str, Any]
) -> None:
    refused = await log_in(browser, provider, **changed)
    assert refused.status_code == 403, refused.text
    assert refused.json()["type"] == "/problems/login-refused"
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    "how",
    [
        {"algorithm": "none", "name": None},
        {"algorithm": "HS256", "name": public_pem("signing")},
        {"algorithm": "HS256", "name": "s€cret".encode()},
        {"algorithm": "HS256", "name": b""},
        {"name": "of an attacker"},
        {"name": "of an attacker", "kid": None},
        {"kid": "unknown"},
        {"algorithm": "PS256", "name": "of an attacker"},
    ],
    ids=["none", "public key", "our secret", "empty", "other key", "no id", "unknown", "PSS"],
)
async def test_a_token_that_the_provider_did_not_sign_is_refused(
    browser: Browser, provider: OwnProvider, how: dict[str, Any]
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url), **how)
    refused = await back(browser, url)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/login-refused"


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "." * 1_000, "e30.e30.", "x" * 40_000])
async def test_what_is_no_token_is_refused(
    browser: Browser, provider: OwnProvider, token: str | None
) -> None:
    url = await start(browser)
    provider.id_tokens[CODE] = token
    assert (await back(browser, url)).json()["type"] == "/problems/login-refused"


@pytest.mark.parametrize(
    "changed",
    [
        {"state": None},
        {"state": ""},
        {"state": "0" * 36},
        {"state": "00000000-0000-4000-8000-000000000000"},
        {"code": None},
        {"code": ""},
        {"iss": "https://evil.example"},
        {"error": "access_denied"},
        {"error": "<script>"},
    ],
    ids=str,
)
async def test_an_answer_with_a_wrong_parameter_is_refused(
    browser: Browser, provider: OwnProvider, changed: dict[str, str | None]
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url))
    refused = await back(browser, url, **changed)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/login-refused"
    assert "<" not in refused.json()["detail"]
    assert provider.requests["/token"] == 0


async def test_a_person_is_refused_with_a_page_in_plain_words(
    browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser)
    [state] = parse_qs(urlsplit(url).query)["state"]
    callback = f"/auth/oidc/own/callback?state={state}&error=%3Cscript%3E"
    refused = await browser.navigate(callback, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/html")
    assert "The provider refused the login" in refused.text
    assert "<script" not in refused.text


async def test_a_parameter_that_is_given_twice_is_refused(
    browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url))
    assert (await back(browser, url, code="a&code=b")).status_code == 400
    assert provider.requests["/token"] == 0


async def test_a_login_that_another_browser_began_is_refused(
    api: Api, browser: Browser, provider: OwnProvider
) -> None:
    url = await start(browser)
    provider.signs(provider.token_for(url))
    victim = Browser(api.http, SITE)
    assert (await back(victim, url)).json()["type"] == "/problems/login-refused"
    await start(victim)
    assert (await back(victim, url)).json()["type"] == "/problems/login-refused"
