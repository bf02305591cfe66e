"""`annals users`: who runs the service makes the first administrator."""

import asyncio
from pathlib import Path

from application.parts import AdministrationParts
from domain.vocabulary import Role
from infrastructure.bootstrap import open_administration
from infrastructure.config.serving import TokenSettings
from infrastructure.config.settings import Settings
from infrastructure.security.tokens import token_signer
from interfaces.operations.accounts.administration import account_named
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


def test_a_token_is_printed_that_the_keys_verify(database_url: str, keys: Path) -> None:
    run(database_url, keys, "create", "ada@example.org", "--role", "auditor", *given())
    printed = annals("token", "ADA@example.org", database_url=database_url, keys_dir=str(keys))
    assert printed.returncode == 0, printed.stderr
    identity = token_signer(TokenSettings(keys_dir=keys)).verify(printed.stdout.strip())
    assert identity.roles == {Role.USER, Role.AUDITOR}
    assert identity.session_id is not None


def test_there_is_no_token_of_nobody(database_url: str, keys: Path) -> None:
    refused = annals("token", "nobody@x.org", database_url=database_url, keys_dir=str(keys))
    assert refused.returncode == 1
    assert "no account nobody@x.org" in refused.stderr


def given() -> tuple[str, str]:
    return "--password", PASSWORD


async def _knows(parts: AdministrationParts, password: str) -> bool:
    account_id = await account_named(parts, "ada@example.org")
    return await parts.passwords.verify(account_id, password) is not None
