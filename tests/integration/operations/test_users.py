"""`annals users`: who runs the service makes the first administrator."""

import asyncio
from pathlib import Path

from application.parts import AdministrationParts
from infrastructure.bootstrap import open_administration
from infrastructure.config.settings import Settings
from interfaces.operations.users import _account_of
from tests.support.processes.dev_process import annals

PASSWORD = "a long password"


def run(database_url: str, keys: Path, *words: str) -> tuple[int, str]:
    ended = annals("users", *words, database_url=database_url, keys_dir=str(keys))
    return ended.returncode, ended.stdout + ended.stderr


def test_an_account_is_created_with_its_roles(database_url: str, keys: Path) -> None:
    code, said = run(database_url, keys, "create", "ada@example.org", "--role", "admin", *given())
    assert code == 0, said
    assert said.strip().endswith("ada@example.org  user, admin")
    code, said = run(database_url, keys, "create", "ADA@example.org", *given())
    assert code == 1
    assert "exists already" in said


def test_a_role_is_granted_and_taken_away(database_url: str, keys: Path) -> None:
    run(database_url, keys, "create", "ada@example.org", *given())
    assert "user, auditor" in run(database_url, keys, "grant", "ada@example.org", "auditor")[1]
    assert (
        run(database_url, keys, "revoke", "ada@example.org", "auditor")[1]
        .strip()
        .endswith("  user")
    )
    code, said = run(database_url, keys, "grant", "nobody@example.org", "auditor")
    assert code == 1
    assert "no account nobody@example.org" in said


async def test_the_password_given_is_the_one_that_counts(database_url: str, keys: Path) -> None:
    await asyncio.to_thread(run, database_url, keys, "create", "ada@example.org", *given())
    async with open_administration(Settings.of(database_url=database_url, keys_dir=keys)) as parts:
        assert await _knows(parts, PASSWORD)
        assert not await _knows(parts, "another password")


def test_a_weak_password_or_a_bad_address_is_refused(database_url: str, keys: Path) -> None:
    assert run(database_url, keys, "create", "ada@example.org", "--password", "short")[0] == 1
    assert run(database_url, keys, "create", "ada", *given())[0] == 1


def given() -> tuple[str, str]:
    return "--password", PASSWORD


async def _knows(parts: AdministrationParts, password: str) -> bool:
    account_id = await _account_of(parts, "ada@example.org")
    return await parts.passwords.verify(account_id, password)
