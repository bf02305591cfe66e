"""The log tells nothing to guesses, and belongs to a single installation secret."""

import asyncio
import hashlib
import shutil
from pathlib import Path
from uuid import NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL, UUID, uuid5

import psycopg
import pytest

from domain.values import uuids
from domain.values.streams import StreamNames
from infrastructure.config.settings import Settings
from infrastructure.postgres.connections import connect
from infrastructure.security.installation_secret import (
    NAME,
    OtherSecret,
    confirm_secret,
    read_installation_secret,
)
from infrastructure.security.signing_key import fill_key_folder
from tests.support.api import Api, Person, running_api, settings_for
from tests.support.processes.dev_process import annals
from tests.support.servers.ports import free_port
from tests.support.servers.proxy import wire_to

NAMESPACES = [value for value in vars(uuids).values() if isinstance(value, UUID)]
NAMESPACES += [NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL]
ACCOUNT = {"email": "ada@annals.example", "password": "a long password"}


async def test_nothing_in_the_log_is_found_by_guessing(
    api: Api, ada: Person, settings: Settings, keys: Path
) -> None:
    """Somebody with a copy of the log, but not the secret, tries what they know of Ada."""
    task = {"title": "Water the plants"}
    await ada.ask("POST", "/tasks", task, idempotency_key="groceries", x_request_id="request-1")
    me = (await ada.get("/auth/me")).json()
    email, actor = str(me["email"]), str(me["id"])
    stranger = StreamNames(secret=b"of another installation, 32 bytes")
    guesses: set[bytes] = set()
    for text in (email, "groceries", f"{actor}\ngroceries", "request-1", f"{actor}request-1"):
        raw = text.encode()
        digests = [hashlib.new(name, raw) for name in ("md5", "sha1", "sha256", "blake2b")]
        guesses |= {digest.digest() for digest in digests}
        guesses |= {uuid5(space, text).bytes for space in NAMESPACES}
    guesses.add(stranger.address_stream(email).bytes)
    guesses.add(stranger.request_stream(actor, "groceries").bytes)
    guesses.add(stranger.correlation_id(actor, "request-1").bytes)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        log = b"".join(
            stream.bytes + state
            for stream, state in connection.execute(
                "SELECT originator_id, state FROM stored_events"
            )
        )
    for guess in guesses:
        assert guess[:16] not in log
        assert guess.hex().encode() not in log
        assert str(UUID(bytes=guess[:16])).encode() not in log
    # The same search finds what the installation itself computes: it looks in the right place.
    ours = StreamNames(secret=read_installation_secret(keys))
    assert ours.address_stream(email).bytes in log
    assert ours.request_stream(actor, "groceries").bytes in log
    assert str(ours.correlation_id(actor, "request-1")).encode() in log


def test_a_new_folder_gets_a_secret_of_its_own_that_stays(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    fill_key_folder(one)
    fill_key_folder(two)
    first = read_installation_secret(one)
    fill_key_folder(one)
    assert read_installation_secret(one) == first != read_installation_secret(two)
    assert (one / NAME).stat().st_mode & 0o777 == 0o600
    assert first.decode() not in repr(StreamNames(secret=first))


def refused(*words: str, database_url: str, keys: Path) -> str:
    """Return the only line of a command that does not start."""
    ended = annals(*words, database_url=database_url, keys_dir=str(keys), log_level="error")
    assert ended.returncode in (1, 2), ended.stderr
    [line] = ended.stderr.splitlines()
    return line


def test_a_process_without_the_secret_does_not_start(
    database_url: str, keys: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(keys, tmp_path / "keys")
    serve = ("serve", "--port", free_port())
    (folder / NAME).unlink()
    line = refused(*serve, database_url=database_url, keys=folder)
    assert line.startswith("annals: ANNALS_KEYS_DIR has no readable installation-secret")
    (folder / NAME).write_text("short")
    line = refused(*serve, database_url=database_url, keys=folder)
    assert line.startswith("annals: ANNALS_KEYS_DIR has a secret of less than 32 bytes")


async def test_a_process_with_another_secret_does_not_start(
    api: Api, database_url: str, tmp_path: Path
) -> None:
    assert (await api.http.post("/auth/register", json=ACCOUNT)).status_code == 201
    fill_key_folder(tmp_path)
    for words in (
        ("serve", "--port", free_port()),
        ("users", "grant", ACCOUNT["email"], "admin"),
    ):
        line = await asyncio.to_thread(refused, *words, database_url=database_url, keys=tmp_path)
        assert line.startswith("annals: The installation-secret in ANNALS_KEYS_DIR is not the one")


async def test_another_secret_records_nothing_when_the_database_comes_after_the_process(
    api: Api, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    await api.http.post("/auth/register", json=ACCOUNT)
    fill_key_folder(tmp_path)
    async with wire_to(database_url) as wire:
        wire.silence()
        async with running_api(settings_for(wire.url, tmp_path)) as late:
            wire.speak()
            wire.cut()
            answer = await late.http.post("/auth/register", json=ACCOUNT)
            assert answer.status_code == 503
    with psycopg.connect(settings.database.url_or_fail) as connection:
        assert connection.execute("SELECT count(*) FROM stored_events").fetchone() == (2,)


async def test_of_two_first_processes_one_secret_is_kept(database_url: str) -> None:
    async with await connect(database_url) as one, await connect(database_url) as two:
        async with one.transaction():
            await one.execute("SELECT fingerprint FROM installation")
            await confirm_secret(two, b"the secret of the second process")
        with pytest.raises(OtherSecret):
            await confirm_secret(one, b"the secret of the first process")
        await confirm_secret(one, b"the secret of the second process")
