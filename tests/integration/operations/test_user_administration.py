"""`annals users`: operators find people, lock them out, let them in and end their sessions."""

from pathlib import Path

import psycopg

from application.parts import AdministrationParts
from infrastructure.bootstrap import open_administration
from infrastructure.config.settings import Settings
from interfaces.operations.accounts.administration import account_named
from projections.views.accounts import Accounts
from tests.support.event_log import open_log
from tests.support.processes.dev_process import annals

ADA, PASSWORD, NEW = "ada@example.org", "a long password", "another long one"


def users(database_url: str, keys: Path, *words: str) -> tuple[int, str]:
    ended = annals("users", *words, database_url=database_url, keys_dir=str(keys))
    return ended.returncode, ended.stdout + ended.stderr


def create(database_url: str, keys: Path, *words: str) -> str:
    code, said = users(database_url, keys, "create", ADA, "--password", PASSWORD, *words)
    assert code == 0, said
    return said.split()[0]


def acts(database_url: str) -> list[tuple[str, str]]:
    """What was recorded, and by whom, in order."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "SELECT topic, convert_from(state, 'UTF8')::jsonb ->> 'actor' FROM stored_events"
            " WHERE topic <> 'email.claimed' ORDER BY notification_id"
        ).fetchall()


async def knows(database_url: str, keys: Path, password: str) -> bool:
    async def check(parts: AdministrationParts) -> bool:
        account_id = await account_named(parts, ADA)
        return await parts.passwords.verify(account_id, password) is not None

    async with open_administration(Settings.of(database_url=database_url, keys_dir=keys)) as parts:
        return await check(parts)


def test_each_act_is_recorded_with_the_name_of_the_operator(database_url: str, keys: Path) -> None:
    account = create(database_url, keys, "--operator", "grace", "--verified")
    locked = ("disable", ADA, "--reason", "spam", "--operator", "grace")
    assert users(database_url, keys, *locked)[0] == 0
    code, said = users(database_url, keys, "show", account)
    assert code == 0
    assert f"{ADA} (confirmed)" in said
    assert "disabled" in said
    refused = annals("token", ADA, database_url=database_url, keys_dir=str(keys))
    assert refused.returncode == 1
    assert "disabled" in refused.stderr
    assert users(database_url, keys, "enable", account, "--operator", "grace")[0] == 0
    operator = "system:cli:grace"
    assert acts(database_url) == [
        ("account.registered", operator),
        ("account.address_verified", operator),
        ("account.disabled", operator),
        ("account.enabled", operator),
    ]


def test_a_token_of_an_operator_is_a_session_that_can_be_ended(
    database_url: str, keys: Path
) -> None:
    create(database_url, keys)
    for _ in range(2):
        token = annals("token", ADA, database_url=database_url, keys_dir=str(keys))
        assert token.returncode == 0, token.stderr
    code, said = users(database_url, keys, "sessions", ADA)
    assert code == 0
    first, _second = said.splitlines()
    assert "token-cli  annals token  last used" in first
    code, said = users(database_url, keys, "sessions", ADA, "--end", first.split()[0])
    assert len(said.splitlines()) == 1
    assert users(database_url, keys, "sessions", ADA, "--end", first[:-1])[0] == 2
    foreign = "00000000-0000-0000-0000-000000000009"
    code, said = users(database_url, keys, "sessions", ADA, "--end", foreign)
    assert (code, f"no session {foreign}" in said) == (1, True)
    assert users(database_url, keys, "sessions", ADA, "--end-all") == (0, "")
    topics = [topic for topic, _ in acts(database_url)]
    assert topics.count("session.started") == topics.count("session.ended") == 2


async def test_an_operator_sets_a_password_or_sends_a_link(database_url: str, keys: Path) -> None:
    create(database_url, keys)
    annals("token", ADA, database_url=database_url, keys_dir=str(keys))
    code, said = users(database_url, keys, "reset-password", ADA, "--password", NEW)
    assert code == 0, said
    assert await knows(database_url, keys, NEW)
    assert not await knows(database_url, keys, PASSWORD)
    assert users(database_url, keys, "sessions", ADA) == (0, "")
    for weak in ("short", "password1234"):
        assert users(database_url, keys, "reset-password", ADA, "--password", weak)[0] == 1
    assert users(database_url, keys, "reset-password", ADA)[0] == 0
    topics = [topic for topic, _ in acts(database_url)]
    assert topics == [
        "account.registered",
        "session.started",
        "account.password_changed",
        "session.ended",
        "password_reset.requested",
    ]


async def test_accounts_are_listed_and_searched(database_url: str, keys: Path) -> None:
    create(database_url, keys)
    users(database_url, keys, "create", "bob@example.org", "--password", PASSWORD)
    users(database_url, keys, "disable", "bob@example.org")
    async with open_log(database_url) as log:
        await log.folded(Accounts())
    code, said = users(database_url, keys, "list")
    assert code == 0, said
    bob, ada = said.splitlines()
    assert bob.endswith("bob@example.org  user  disabled")
    assert ada.endswith(f"{ADA}  user  active")
    assert users(database_url, keys, "list", "--state", "active")[1].strip() == ada
    assert users(database_url, keys, "list", "--search", "BOB")[1].strip() == bob


def test_nobody_is_found_by_what_is_no_address_and_no_id(database_url: str, keys: Path) -> None:
    for wanted in ("nobody@example.org", "00000000-0000-0000-0000-000000000009", "ada"):
        code, said = users(database_url, keys, "show", wanted)
        assert (code, f"no account {wanted}" in said) == (1, True)
