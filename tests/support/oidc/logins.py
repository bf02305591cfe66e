"""A browser's way through a login with a provider of ours."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.api import Answer
from tests.support.browser import Browser
from tests.support.oidc.own_provider import CODE, OwnProvider

SITE = "https://annals.test"
SESSION, PENDING = "__Host-annals-session", "__Host-annals-oidc-login"


async def start(browser: Browser, name: str = "own", query: str = "") -> str:
    """Begin a login; return where the browser goes."""
    answer = await browser.navigate(f"/auth/oidc/{name}/start{query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def back(browser: Browser, url: str, **changed: str | None) -> Answer:
    """Come back from the provider, with some parameters `changed`, or left out if None.

    The provider is "own", unless it is changed to another `name`.
    """
    name = changed.pop("name", "own")
    [state] = parse_qs(urlsplit(url).query)["state"]
    given: dict[str, str | None] = {"code": CODE, "state": state, **changed}
    query = "&".join(f"{key}={value}" for key, value in given.items() if value is not None)
    return await browser.navigate(f"/auth/oidc/{name}/callback?{query}")


async def log_in(browser: Browser, provider: OwnProvider, **changed: Any) -> Answer:
    """Log in with an honest provider, some of whose claims are `changed`."""
    url = await start(browser)
    provider.signs(provider.token_for(url, **changed))
    return await back(browser, url)
