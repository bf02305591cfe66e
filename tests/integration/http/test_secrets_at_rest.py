"""A copy of the database tells no secret: a dump of all of it is searched for each of them."""

import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infrastructure.config.settings import Settings
from infrastructure.delivery.endpoints import SealedEndpointAddresses
from infrastructure.security.installation_secret import read_installation_secret
from tests.support.api import PASSWORD, Api, Person
from tests.support.servers.replicas import program

PUSH_KEYS = {"p256dh": "BPublicKeyOfThisBrowser" * 4, "auth": "OnlyThisBrowserKnows"}


@pytest.fixture(scope="module")
def more_settings() -> Mapping[str, Any]:
    return {"webhook_allowed_networks": (ip_network("127.0.0.0/8"),)}


def dump(url: str) -> bytes:
    return subprocess.run(
        [program("pg_dump"), "--inserts", url], check=True, capture_output=True, timeout=60
    ).stdout


def forms(secret: bytes) -> list[bytes]:
    """The ways in which a dump may show these bytes: as they are, as hexadecimal, as base64."""
    return [secret, secret.hex().encode(), b64encode(secret), b64encode(secret).rstrip(b"=")]


async def add_webhook(person: Person, path: str) -> dict[str, Any]:
    made = await person.ask("POST", "/me/webhooks", {"url": f"http://127.0.0.1:9998/{path}"})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_dump_of_the_database_tells_no_secret(
    api: Api, ada: Person, owner_url: str, keys: Path
) -> None:
    hook = await add_webhook(ada, "path-that-is-a-secret")
    rotated = (await ada.ask("POST", f"/me/webhooks/{hook['id']}/rotate")).json()["secret"]
    browser = {"endpoint": "https://127.0.0.1/push-of-this-browser", "keys": PUSH_KEYS}
    assert (await ada.ask("POST", "/me/push-subscriptions", browser)).status_code == 201
    login = {"email": api.email("ada"), "password": PASSWORD}
    tokens = (await api.http.post("/auth/login", json=login)).json()
    dumped = dump(owner_url)
    assert hook["id"].encode() in dumped  # the search looks in the right place
    assert forms(b"annals_app")[0] in dumped
    secrets = [
        hook["secret"],
        rotated,
        "path-that-is-a-secret",
        "push-of-this-browser",
        *PUSH_KEYS.values(),
        PASSWORD,
        tokens["access_token"],
        tokens["refresh_token"],
    ]
    raw = [secret.encode() for secret in secrets]
    raw += [b64decode(one.removeprefix("whsec_")) for one in (hook["secret"], rotated)]
    raw.append(read_installation_secret(keys))
    found = [secret for secret in raw for form in forms(secret) if form in dumped]
    assert found == []


async def test_a_sealed_row_is_of_use_to_its_own_endpoint_alone(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    """Somebody who may write into the table cannot direct one person's messages elsewhere."""
    mine, theirs = await add_webhook(ada, "mine"), await add_webhook(bob, "theirs")
    with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
        connection.execute(
            "UPDATE endpoints SET address = other.address, secrets = other.secrets"
            " FROM endpoints other WHERE endpoints.id = %s AND other.id = %s",
            (mine["id"], theirs["id"]),
        )
    addresses = api.parts.endpoints.addresses
    me = UUID((await ada.get("/auth/me")).json()["id"])
    [listed] = (await ada.get("/me/webhooks")).json()["items"]
    assert (listed["id"], listed["url"]) == (mine["id"], "")
    assert isinstance(addresses, SealedEndpointAddresses)
    assert await addresses.of_account(me) == {}
    assert await addresses.find(UUID(mine["id"])) is None
    [other] = (await bob.get("/me/webhooks")).json()["items"]
    assert other["url"].endswith("/theirs")


async def test_a_removed_address_comes_back_for_its_own_account_alone(
    api: Api, ada: Person, bob: Person
) -> None:
    endpoint = UUID((await add_webhook(bob, "removed"))["id"])
    addresses = api.parts.endpoints.addresses
    await addresses.remove(endpoint)
    me, owner = [UUID((await who.get("/auth/me")).json()["id"]) for who in (ada, bob)]
    assert not await addresses.put_back(me, {endpoint})
    assert endpoint not in await addresses.of_account(owner)
    assert await addresses.put_back(owner, {endpoint})
    assert endpoint in await addresses.of_account(owner)
