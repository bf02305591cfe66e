"""`annals tokens` and accounts for machines: who runs the service gives programs access."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from infrastructure.authentication.token_format import is_well_formed
from tests.support.api import Person, running_api, settings_for
from tests.support.processes.dev_process import annals
from tests.support.waiting import until

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(database_url: str, keys: Path) -> Run:
    """Run a command; return how it ended and what it said."""

    def run(*words: str) -> tuple[int, str]:
        ended = annals(*words, database_url=database_url, keys_dir=str(keys))
        return ended.returncode, (ended.stdout + ended.stderr).strip()

    return run


async def test_a_machine_gets_an_account_and_tokens_by_its_id(
    run: Run, database_url: str, keys: Path
) -> None:
    def prepared() -> tuple[str, str]:
        code, said = run("users", "create", "--service", "Backup", "--role", "auditor")
        assert code == 0, said
        account, _, rest = said.partition("  ")
        assert rest == "Backup  user, auditor"
        scopes = ("--scope", "account:read", "--scope", "tasks:read")
        code, secret = run("tokens", "create", account, "--name", "Nightly", *scopes)
        assert (code, is_well_formed(secret)) == (0, True)
        return account, secret

    account, secret = await asyncio.to_thread(prepared)
    async with running_api(settings_for(database_url, keys)) as api:
        machine = Person(api.http, {"access_token": secret})
        assert (await machine.get("/auth/me")).json()["id"] == account
        assert (await machine.ask("POST", "/tasks", {"title": "No"})).status_code == 403
        _, listed = await asyncio.to_thread(run, "tokens", "list", account)
        token_id = listed.partition(" ")[0]
        assert listed.endswith("expires never  tasks:read account:read  Nightly")
        code, said = await asyncio.to_thread(run, "tokens", "revoke", account, token_id)
        assert (code, said) == (0, f"{token_id} is revoked.")

        async def refused() -> bool:
            return (await machine.get("/auth/me")).status_code == 401

        await until(refused)
    assert await asyncio.to_thread(run, "tokens", "list", account) == (0, "")


def test_a_person_gets_a_token_by_their_address(run: Run) -> None:
    run("users", "create", "ada@example.org", "--password", "a long password")
    given = ("--name", "Laptop", "--scope", "tasks:read", "--expires-at", "2999-01-01T00:00:00")
    code, secret = run("tokens", "create", "ADA@example.org", *given)
    assert (code, is_well_formed(secret)) == (0, True)
    _, listed = run("tokens", "list", "ada@example.org")
    assert "used never  expires 2999-01-01T00:00:00Z  tasks:read  Laptop" in listed
    code, said = run("tokens", "create", "ada@example.org", *given[:-1], "2020-01-01T00:00:00")
    assert (code, "must be in the future" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("tokens", "list", "nobody@example.org"), "no account nobody@example.org"),
        (("tokens", "list", str(uuid4())), "no account"),
        (("tokens", "revoke", str(uuid4()), str(uuid4())), "no account"),
        (("tokens", "create", "a@b.c", "--name", "x", "--scope", "tasks:eat"), "tasks:eat"),
        (("tokens", "create", "a@b.c", "--name", "x"), "--scope"),
        (("users", "create"), "--service NAME"),
        (("users", "create", "a@b.c", "--service", "x"), "nothing else"),
        (("users", "create", "--service", " "), "1–200 characters"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said = run(*words)
    assert code != 0
    assert says in said
