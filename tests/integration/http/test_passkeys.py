"""Passkeys: adding one, logging in with it, and what attackers try."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.support.api import PASSWORD, Answer, Api, Person
from tests.support.browser import Browser
from tests.support.clients.authenticator import PRESENT, VERIFIED, Authenticator, encoded

HOST = "annals.test"
SITE = f"https://{HOST}"
COOKIE = "__Host-annals-session"


@pytest.fixture(scope="module")
def more_settings() -> Mapping[str, Any]:
    return {"public_url": SITE}


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(SITE, HOST)


async def options(person: Person) -> dict[str, Any]:
    answer = await person.ask("POST", "/auth/me/passkeys/options", {"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def add(person: Person, key: Authenticator) -> Answer:
    begun = await options(person)
    body = {"state": begun["state"], "credential": key.make(begun["options"]), "name": "Key"}
    return await person.ask("POST", "/auth/me/passkeys", body)


async def begin(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.http.post("/auth/passkey/options")).json()
    return found


async def log_in(api: Api, key: Authenticator, begun: dict[str, Any] | None = None) -> Answer:
    begun = begun or await begin(api)
    body = {"state": begun["state"], "credential": key.sign(begun["options"])}
    return await api.http.post("/auth/passkey", json=body)


def refused(answer: Answer) -> bool:
    return answer.status_code == 403 and answer.json()["type"] == "/problems/bad-passkey"


async def test_a_passkey_opens_the_account_of_its_owner(
    api: Api, ada: Person, key: Authenticator
) -> None:
    added = await add(ada, key)
    assert added.status_code == 201, added.text
    assert len(added.json()["recovery_codes"]) == 10
    for _ in range(2):
        answer = await log_in(api, key)
        assert answer.status_code == 200, answer.text
    me = await Person(api.http, answer.json()).get("/auth/me")
    assert me.json() == (await ada.get("/auth/me")).json()
    methods = {each["method"] for each in (await ada.get("/auth/sessions")).json()["items"]}
    assert methods == {"password", "passkey"}


async def test_with_a_passkey_the_password_alone_opens_nothing(
    api: Api, ada: Person, key: Authenticator
) -> None:
    codes = (await add(ada, key)).json()["recovery_codes"]
    body = {"email": api.email("ada"), "password": PASSWORD}
    answer = await api.http.post("/auth/login", json=body)
    assert answer.json()["type"] == "/problems/second-factor-needed"
    assert (await api.http.post("/auth/login", json=body | {"code": codes[0]})).status_code == 200


async def test_a_browser_page_logs_in_with_a_cookie(
    api: Api, ada: Person, key: Authenticator
) -> None:
    await add(ada, key)
    browser, begun = Browser(api.http, SITE), await begin(api)
    body = {
        "state": begun["state"],
        "credential": key.sign(begun["options"]),
        "cookie": True,
    }
    foreign = await browser.post("/auth/passkey", body, origin="https://evil.example")
    assert foreign.json()["type"] == "/problems/cross-site"
    assert (await browser.post("/auth/passkey", body)).status_code == 200
    assert COOKIE in browser.cookies


async def test_a_removed_passkey_opens_nothing(api: Api, ada: Person, key: Authenticator) -> None:
    await add(ada, key)
    [factor] = (await ada.get("/auth/me/second-factors")).json()["items"]
    assert (factor["kind"], factor["name"]) == ("passkey", "Key")
    path = f"/auth/me/second-factors/{factor['id']}"
    assert (await ada.ask("DELETE", path, {"password": PASSWORD})).status_code == 204
    assert refused(await log_in(api, key))
    body = {"email": api.email("ada"), "password": PASSWORD}
    assert (await api.http.post("/auth/login", json=body)).status_code == 200


def wrong_origin(key: Authenticator) -> None:
    key.origin = "https://evil.example"


def wrong_host(key: Authenticator) -> None:
    key.host = "evil.example"


def nobody_verified(key: Authenticator) -> None:
    key.flags = PRESENT


def nobody_present(key: Authenticator) -> None:
    key.flags = VERIFIED


@pytest.mark.parametrize("lie", [wrong_origin, wrong_host, nobody_verified, nobody_present])
async def test_a_passkey_that_is_used_wrongly_is_refused(
    api: Api, ada: Person, key: Authenticator, lie: Callable[[Authenticator], None]
) -> None:
    liar = Authenticator(SITE, HOST)
    lie(liar)
    assert refused(await add(ada, liar))
    await add(ada, key)
    lie(key)
    assert refused(await log_in(api, key))


async def test_the_signature_of_another_key_is_refused(
    api: Api, ada: Person, key: Authenticator
) -> None:
    await add(ada, key)
    forger = Authenticator(SITE, HOST)
    assert refused(await log_in(api, forger))
    forger.id = key.id
    assert refused(await log_in(api, forger))


async def test_a_challenge_is_answered_once_and_for_its_own_purpose(
    api: Api, ada: Person, bob: Person, key: Authenticator
) -> None:
    begun = await options(ada)
    body = {"state": begun["state"], "credential": key.make(begun["options"])}
    assert refused(await bob.ask("POST", "/auth/me/passkeys", body))
    assert (await ada.ask("POST", "/auth/me/passkeys", body)).status_code == 201
    assert refused(await ada.ask("POST", "/auth/me/passkeys", body))
    login = await begin(api)
    answers = await asyncio.gather(*(log_in(api, key, login) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
    adding = await options(ada)
    assert refused(await log_in(api, key, adding))


async def test_the_answer_to_another_challenge_is_refused(
    api: Api, ada: Person, key: Authenticator
) -> None:
    await add(ada, key)
    first, second = await begin(api), await begin(api)
    mixed = {"state": first["state"], "options": second["options"]}
    assert refused(await log_in(api, key, mixed))


async def test_a_passkey_belongs_to_one_account(
    api: Api, ada: Person, bob: Person, key: Authenticator
) -> None:
    await add(ada, key)
    assert refused(await add(bob, key))
    assert (await bob.get("/auth/me/second-factors")).json()["items"] == []


async def test_a_copy_of_a_passkey_is_noticed(api: Api, ada: Person, key: Authenticator) -> None:
    await add(ada, key)
    for _ in range(3):
        await log_in(api, key)
    key.count = 1  # a copy of some time ago
    assert refused(await log_in(api, key))


async def test_a_passkey_without_a_counter_works_again_and_again(
    api: Api, ada: Person, key: Authenticator
) -> None:
    key.count = None
    await add(ada, key)
    for _ in range(2):
        assert (await log_in(api, key)).status_code == 200


@pytest.mark.parametrize("state", ["", "x", ".", "x.y", f"{UUID(int=4)}.AAAA"])
async def test_an_invented_state_is_refused(
    api: Api, ada: Person, key: Authenticator, state: str
) -> None:
    await add(ada, key)
    begun = await begin(api) | {"state": state}
    assert refused(await log_in(api, key, begun))


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", ["", "!", encoded(b"\x00" * 300), encoded(b"[" * 900), 7, None])
async def test_a_damaged_answer_is_refused(
    api: Api, ada: Person, key: Authenticator, part: str, value: Any
) -> None:
    await add(ada, key)
    begun = await begin(api)
    credential = key.sign(begun["options"])
    credential["response"][part] = value
    body = {"state": begun["state"], "credential": credential}
    assert refused(await api.http.post("/auth/passkey", json=body))


@pytest.mark.parametrize("value", ["", "!", encoded(b"\x9f" * 900), encoded(b"\xa1"), None])
async def test_a_damaged_passkey_is_not_added(
    ada: Person, key: Authenticator, value: str | None
) -> None:
    begun = await options(ada)
    credential = key.make(begun["options"])
    credential["response"]["attestationObject"] = value
    body = {"state": begun["state"], "credential": credential}
    assert refused(await ada.ask("POST", "/auth/me/passkeys", body))
