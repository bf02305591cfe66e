"""Logging in with a provider that the OpenID Foundation has certified, through all of its pages."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.api import Api, Person, running_api, settings_for
from tests.support.browser import Browser
from tests.support.oidc.certified_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    CertifiedProvider,
    available,
    certified_provider,
)

SITE = "https://annals.test"
ACCOUNTS = {
    "ada": {"email": "ada@example.org", "email_verified": True, "name": "Ada Lovelace"},
    "bob": {"email": "bob@example.org", "email_verified": False},
}

pytestmark = pytest.mark.skipif(not available(), reason="needs Node 20 and npm")


@pytest.fixture(scope="module", params=[False, True], ids=["user info", "email in the token"])
def provider(request: pytest.FixtureRequest) -> Iterator[CertifiedProvider]:
    redirect_uri = f"{SITE}/api/v1/auth/oidc/certified/callback"
    with certified_provider(ACCOUNTS, redirect_uri, email_in_token=request.param) as provider:
        yield provider


@pytest.fixture
async def api(
    database_url: str, keys: Path, provider: CertifiedProvider, tmp_path: Path
) -> AsyncIterator[Api]:
    (tmp_path / "certified").write_text(CLIENT_SECRET + "\n")
    settings = settings_for(
        database_url,
        keys,
        public_url=SITE,
        oidc_issuers=(("certified", provider.issuer),),
        oidc_client_ids=(("certified", CLIENT_ID),),
        oidc_secrets_dir=tmp_path,
    )
    async with running_api(settings) as api:
        yield api


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api.http, SITE)


async def start(browser: Browser) -> str:
    answer = await browser.navigate("/auth/oidc/certified/start?return_to=/today")
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


async def test_a_person_logs_in_and_comes_again(
    api: Api, browser: Browser, provider: CertifiedProvider
) -> None:
    seen = []
    for _ in range(2):
        answer = await browser.navigate(await provider.log_in(await start(browser), "ada"))
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"{SITE}/today"
        tokens = (await browser.post("/auth/refresh", {})).json()
        me = (await Person(api.http, tokens).get("/auth/me")).json()
        assert (me["email"], me["name"]) == ("ada@example.org", "Ada Lovelace")
        seen.append(me["id"])
    assert seen[0] == seen[1]


async def test_an_address_that_the_provider_did_not_verify_leads_to_no_account(
    api: Api, browser: Browser, provider: CertifiedProvider
) -> None:
    await api.person("bob")
    answer = await browser.navigate(await provider.log_in(await start(browser), "bob"))
    assert answer.status_code == 409


async def test_a_code_works_once(browser: Browser, provider: CertifiedProvider) -> None:
    callback = await provider.log_in(await start(browser), "ada")
    assert (await browser.navigate(callback)).status_code == 303
    [code] = parse_qs(urlsplit(callback).query)["code"]
    [state] = parse_qs(urlsplit(await start(browser)).query)["state"]
    again = f"/auth/oidc/certified/callback?code={code}&state={state}&iss={provider.issuer}"
    refused = await browser.navigate(again)
    assert refused.status_code == 403
    assert "code" in refused.json()["detail"]


async def test_a_code_of_another_login_does_not_work(
    api: Api, browser: Browser, provider: CertifiedProvider
) -> None:
    stolen = parse_qs(urlsplit(await provider.log_in(await start(browser), "ada")).query)["code"]
    thief = Browser(api.http, SITE)
    [state] = parse_qs(urlsplit(await start(thief)).query)["state"]
    injected = f"/auth/oidc/certified/callback?code={stolen[0]}&state={state}&iss={provider.issuer}"
    assert (await thief.navigate(injected)).status_code == 403


async def test_a_login_that_was_cancelled_says_so(
    browser: Browser, provider: CertifiedProvider
) -> None:
    answer = await browser.navigate(await provider.cancel(await start(browser)))
    assert answer.status_code == 403
    assert "cancelled" in answer.json()["detail"]
