"""A login that a password alone does not open, and every way round that."""

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pyotp
import pytest

from infrastructure.config.settings import Settings
from tests.support.api import PASSWORD, Answer, Api, Person
from tests.support.processes.dev_process import annals

pytestmark = pytest.mark.usefixtures("database_url")

STEP = 30  # seconds


async def begin(person: Person) -> dict[str, Any]:
    """Get a secret for an app."""
    body = {"password": PASSWORD}
    answer = await person.ask("POST", "/auth/me/second-factors/totp", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def confirm(person: Person, made: dict[str, Any], code: str | None = None) -> Answer:
    """Confirm a secret with a code that was due before the login, so that the next is unused."""
    path = f"/auth/me/second-factors/totp/{made['id']}/confirm"
    code = code or pyotp.TOTP(made["secret"]).at(time.time() - STEP)
    return await person.ask("POST", path, {"code": code, "name": "Phone"})


async def app_of(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """Give somebody an app; return it, and the recovery codes."""
    made = await begin(person)
    answer = await confirm(person, made)
    assert answer.status_code == 200, answer.text
    return pyotp.TOTP(made["secret"]), answer.json()["recovery_codes"]


async def log_in(api: Api, code: str | None = None, password: str = PASSWORD) -> Answer:
    body = {"email": "ada@example.org", "password": password}
    return await api.http.post("/auth/login", json=body if code is None else body | {"code": code})


async def test_with_an_app_the_password_alone_opens_nothing(api: Api, ada: Person) -> None:
    app, _ = await app_of(ada)
    refused = await log_in(api)
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/second-factor-needed"
    assert "access_token" not in refused.text
    let_in = await log_in(api, app.now())
    assert let_in.status_code == 200, let_in.text


async def test_a_secret_counts_only_once_it_is_confirmed(api: Api, ada: Person) -> None:
    made = await begin(ada)
    assert (await log_in(api)).status_code == 200
    wrong = await confirm(ada, made, "000000")
    assert wrong.json()["type"] == "/problems/wrong-code"
    assert (await log_in(api)).status_code == 200
    assert (await ada.get("/auth/me/second-factors")).json()["items"] == []


async def test_a_secret_that_was_not_confirmed_is_replaced(api: Api, ada: Person) -> None:
    first = await begin(ada)
    await begin(ada)
    assert (await confirm(ada, first)).status_code == 403


async def test_the_uri_is_what_apps_scan(ada: Person) -> None:
    made = await begin(ada)
    scanned = pyotp.parse_uri(made["otpauth_uri"])
    assert isinstance(scanned, pyotp.TOTP)
    assert (scanned.secret, scanned.issuer) == (made["secret"], "Annals")
    assert scanned.name == "ada@example.org"


async def test_a_code_works_once(api: Api, ada: Person) -> None:
    app, _ = await app_of(ada)
    code = app.now()
    assert (await log_in(api, code)).status_code == 200
    again = await log_in(api, code)
    assert again.json()["type"] == "/problems/wrong-code"


async def test_of_logins_with_one_code_at_the_same_time_one_succeeds(api: Api, ada: Person) -> None:
    app, _ = await app_of(ada)
    code = app.now()
    answers = await asyncio.gather(*(log_in(api, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


@pytest.mark.parametrize("offset", [-3, -2, 3])
async def test_a_code_of_another_time_is_refused(api: Api, ada: Person, offset: int) -> None:
    app, _ = await app_of(ada)
    assert (await log_in(api, app.at(time.time() + offset * STEP))).status_code == 403


@pytest.mark.parametrize(
    "code", ["", "0", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-12345", "\x00"]
)
async def test_what_is_no_code_is_refused(api: Api, ada: Person, code: str) -> None:
    await app_of(ada)
    assert (await log_in(api, code)).status_code in {403, 422}


async def test_a_wrong_password_says_nothing_of_the_factor(api: Api, ada: Person) -> None:
    app, codes = await app_of(ada)
    for code in (None, app.now(), codes[0]):
        refused = await log_in(api, code, "not the password")
        assert refused.json()["type"] == "/problems/bad-credentials"
    assert (await log_in(api, codes[0])).status_code == 200


async def test_a_code_of_another_account_is_refused(api: Api, ada: Person, bob: Person) -> None:
    await app_of(ada)
    his, codes = await app_of(bob)
    assert (await log_in(api, his.now())).status_code == 403
    assert (await log_in(api, codes[0])).status_code == 403


async def test_a_recovery_code_works_once_in_any_spelling(api: Api, ada: Person) -> None:
    _, codes = await app_of(ada)
    assert len(set(codes)) == 10
    assert (await log_in(api, codes[0].replace("-", " ").upper())).status_code == 200
    assert (await log_in(api, codes[0])).status_code == 403
    assert (await ada.get("/auth/me/second-factors")).json()["recovery_codes_left"] == 9


async def test_new_recovery_codes_void_the_old_ones(api: Api, ada: Person) -> None:
    _, old = await app_of(ada)
    answer = await ada.ask("POST", "/auth/me/recovery-codes", {"password": PASSWORD})
    new = answer.json()["recovery_codes"]
    assert set(new).isdisjoint(old)
    assert (await log_in(api, old[0])).status_code == 403
    assert (await log_in(api, new[0])).status_code == 200


async def test_without_a_factor_recovery_codes_are_worth_nothing(api: Api, ada: Person) -> None:
    _, codes = await app_of(ada)
    [factor] = (await ada.get("/auth/me/second-factors")).json()["items"]
    path = f"/auth/me/second-factors/{factor['id']}"
    assert (await ada.ask("DELETE", path, {"password": "wrong"})).status_code == 403
    assert (await log_in(api)).status_code == 401
    assert (await ada.ask("DELETE", path, {"password": PASSWORD})).status_code == 204
    assert (await ada.ask("DELETE", path, {"password": PASSWORD})).status_code == 404
    assert (await log_in(api)).status_code == 200
    app, _ = await app_of(ada)
    assert (await log_in(api, codes[0])).status_code == 403
    assert (await log_in(api, app.now())).status_code == 200


async def test_an_operator_lets_a_person_in_who_lost_everything(
    api: Api, ada: Person, settings: Settings, keys: Path
) -> None:
    _, codes = await app_of(ada)
    url = settings.database.url_or_fail
    words = ("users", "reset-second-factors", "ada@example.org", "--operator", "grace")
    ended = await asyncio.to_thread(partial(annals, *words, database_url=url, keys_dir=str(keys)))
    assert ended.returncode == 0, ended.stderr
    assert "removed: 1" in ended.stdout
    assert (await log_in(api)).status_code == 200
    assert (await ada.get("/auth/me/second-factors")).json()["items"] == []
    await app_of(ada)
    assert (await log_in(api, codes[0])).status_code == 403


async def test_a_deleted_account_leaves_no_secret_behind(
    api: Api, ada: Person, settings: Settings
) -> None:
    await app_of(ada)
    assert (await ada.ask("DELETE", "/auth/me", {"password": PASSWORD})).status_code == 204
    with psycopg.connect(settings.database.url_or_fail) as connection:
        for table in ("second_factors", "recovery_codes"):
            found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            assert found == (0,)


async def test_a_token_alone_changes_no_factor(api: Api, ada: Person, bob: Person) -> None:
    made = await begin(ada)
    for path in ("/auth/me/second-factors/totp", "/auth/me/recovery-codes"):
        refused = await ada.ask("POST", path, {"password": "not the password"})
        assert refused.json()["type"] == "/problems/wrong-password"
    assert (await confirm(bob, made)).status_code == 403
    assert (await log_in(api)).status_code == 200
    path = f"/auth/me/second-factors/{uuid4()}"
    assert (await bob.ask("DELETE", path, {"password": PASSWORD})).status_code == 404


async def test_no_secret_is_in_the_log_or_readable_in_the_database(
    api: Api, ada: Person, settings: Settings
) -> None:
    made = await begin(ada)
    codes = (await confirm(ada, made)).json()["recovery_codes"]
    await log_in(api, codes[0])
    with psycopg.connect(settings.database.url_or_fail) as connection:
        events = connection.execute("SELECT state FROM stored_events").fetchall()
        kept = connection.execute("SELECT secret FROM second_factors").fetchall()
        kept += connection.execute("SELECT digest FROM recovery_codes").fetchall()
    assert len(kept) == 1 + 9
    for secret in (made["secret"], *codes, *(code.replace("-", "") for code in codes)):
        assert not any(secret.encode() in bytes(value) for (value,) in [*events, *kept])
