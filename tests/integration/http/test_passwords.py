"""Passwords: who knows the old one, or reads the mail, sets a new one; nobody else does."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from argon2 import PasswordHasher

from domain.events.identity.accounts import AccountPasswordChanged
from domain.events.identity.sessions import PasswordResetRequested
from domain.vocabulary import AccountId, PasswordChange, PasswordResetId
from infrastructure.config.settings import Settings
from infrastructure.security.passwords.hashing import Passwords
from tests.support.accounts import (
    account_of,
    address_link,
    administrator,
    log_in,
    refresh,
    reset_link,
    reset_requests,
)
from tests.support.api import PASSWORD, Answer, Api, Person
from tests.support.facts import history

pytestmark = pytest.mark.usefixtures("database_url")

NEW = "staple battery horse"


async def forget(api: Api, email: str = "ada@example.org") -> Answer:
    return await api.http.post("/auth/password/forgotten", json={"email": email})


async def forgotten_link(api: Api, settings: Settings) -> str:
    assert (await forget(api)).status_code == 202
    return await reset_link(api, reset_requests(settings)[-1][0])


async def reset(api: Api, token: str, password: str = NEW) -> Answer:
    body = {"token": token, "new_password": password}
    return await api.http.post("/auth/password/reset", json=body)


async def changes(api: Api, who: AccountId) -> list[PasswordChange]:
    past = await api.recorded(who)
    return [fact.event.method for fact in past if isinstance(fact.event, AccountPasswordChanged)]


async def test_who_knows_the_old_password_sets_a_new_one(api: Api, ada: Person) -> None:
    elsewhere = await api.log_in("ada")
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert (await ada.ask("POST", "/auth/password", body)).status_code == 204
    assert (await log_in(api, PASSWORD)).status_code == 401
    assert (await log_in(api, NEW)).status_code == 200
    assert (await refresh(api, elsewhere)).status_code == 401
    assert (await refresh(api, ada)).status_code == 200
    assert await changes(api, await account_of(ada)) == [PasswordChange.ASKED]


# Of an installation from before the parameters grew.
OUTDATED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


async def test_a_login_renews_an_outdated_hash(api: Api, ada: Person) -> None:
    account, passwords = await account_of(ada), api.parts.login.passwords
    outdated = OUTDATED.hash(PASSWORD)
    await passwords.keep(account, outdated)
    assert (await log_in(api, PASSWORD)).status_code == 200
    assert not await passwords.is_current(account, outdated)
    assert (await log_in(api, PASSWORD)).status_code == 200


async def test_a_renewed_hash_of_the_old_password_never_replaces_that_of_a_new_one(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, passwords = await account_of(ada), api.parts.login.passwords
    await passwords.keep(account, OUTDATED.hash(PASSWORD))
    hash_password = Passwords.hash

    async def after_a_change(mine: Passwords, password: str) -> str:
        """Change the password while the verified old one is hashed again."""
        if password == PASSWORD:
            await passwords.set(account, NEW)
        return await hash_password(mine, password)

    monkeypatch.setattr(Passwords, "hash", after_a_change)
    assert (await log_in(api, PASSWORD)).status_code == 401
    assert (await log_in(api, PASSWORD)).status_code == 401
    assert (await log_in(api, NEW)).status_code == 200


async def test_a_login_with_the_old_password_does_not_outlive_its_change(
    api: Api, ada: Person
) -> None:
    """However the two interleave: verified before the change, begun after the others ended."""
    passwords = api.parts.login.passwords
    account = await account_of(ada)
    proof = await passwords.verify(account, PASSWORD)
    assert proof is not None
    assert await passwords.is_current(account, proof)
    verify = passwords.verify

    async def overtaken(account_id: UUID | None, password: str) -> str | None:
        found = await verify(account_id, password)
        await passwords.keep(account, await passwords.prepare("another long password"))
        return found

    passwords.verify = overtaken  # type: ignore[method-assign]
    assert (await log_in(api)).status_code == 401
    assert not await passwords.is_current(account, proof)
    assert len((await ada.get("/auth/sessions")).json()["items"]) == 1


async def test_a_token_alone_does_not_change_the_password(api: Api, ada: Person) -> None:
    wrong = {"old_password": "not the old one", "new_password": NEW}
    refused = await ada.ask("POST", "/auth/password", wrong)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert (await api.http.post("/auth/password", json=body)).status_code == 401
    assert (await log_in(api, PASSWORD)).status_code == 200
    assert await changes(api, await account_of(ada)) == []


@pytest.mark.parametrize("password", ["too short", "PassWord123", "x" * 129])
async def test_a_new_password_is_no_worse_than_the_first(
    api: Api, ada: Person, settings: Settings, password: str
) -> None:
    body = {"old_password": PASSWORD, "new_password": password}
    refused = await ada.ask("POST", "/auth/password", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "new_password"
    token = await forgotten_link(api, settings)
    refused = await reset(api, token, password)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "new_password"
    assert (await reset(api, token)).status_code == 204  # a refusal does not use the link


async def test_of_two_changes_at_the_same_time_the_log_knows_the_one_that_counts(
    api: Api, ada: Person
) -> None:
    wanted = [f"{NEW} {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(
            ada.ask("POST", "/auth/password", {"old_password": PASSWORD, "new_password": each})
            for each in wanted
        )
    )
    won = [each for each, answer in zip(wanted, answers, strict=True) if answer.status_code == 204]
    assert {answer.status_code for answer in answers} <= {204, 403, 412}
    assert len(await changes(api, await account_of(ada))) == len(won)
    assert [(await log_in(api, each)).status_code for each in wanted].count(200) == 1


async def test_the_link_of_a_mail_sets_a_new_password_once(
    api: Api, ada: Person, settings: Settings
) -> None:
    token = await forgotten_link(api, settings)
    assert (await reset(api, token)).status_code == 204
    assert (await log_in(api, NEW)).status_code == 200
    assert (await log_in(api, PASSWORD)).status_code == 401
    assert (await refresh(api, ada)).status_code == 401
    second = await reset(api, token, "another new password")
    assert (second.status_code, second.json()["type"]) == (410, "/problems/link-expired")
    again = Person(api.http, (await log_in(api, NEW)).json())
    account = await again.get("/auth/me")
    assert account.json()["email_verified"] is True  # the link proved it


async def test_of_many_who_use_a_link_at_the_same_time_one_sets_the_password(
    api: Api, ada: Person, settings: Settings
) -> None:
    account = await account_of(ada)
    token = await forgotten_link(api, settings)
    wanted = [f"{NEW} {number}" for number in range(6)]
    answers = await asyncio.gather(*(reset(api, token, each) for each in wanted))
    assert sorted(answer.status_code for answer in answers) == [204, *[410] * 5]
    [won] = [each for each, answer in zip(wanted, answers, strict=True) if answer.is_success]
    assert [(await log_in(api, each)).status_code for each in wanted].count(200) == 1
    assert (await log_in(api, won)).status_code == 200
    assert await changes(api, account) == [PasswordChange.RESET]


async def test_a_link_is_worth_nothing_after_the_password_was_changed_another_way(
    api: Api, ada: Person, settings: Settings
) -> None:
    older = await forgotten_link(api, settings)
    newer = await forgotten_link(api, settings)
    assert (await reset(api, newer)).status_code == 204
    assert (await reset(api, older, "another new password")).status_code == 410
    again = Person(api.http, (await log_in(api, NEW)).json())
    stale = await forgotten_link(api, settings)
    body = {"old_password": NEW, "new_password": PASSWORD}
    assert (await again.ask("POST", "/auth/password", body)).status_code == 204
    assert (await reset(api, stale, "another new password")).status_code == 410
    assert (await log_in(api, PASSWORD)).status_code == 200


async def test_a_link_that_is_too_old_forged_or_for_something_else_is_refused(
    api: Api, ada: Person, settings: Settings
) -> None:
    token = await forgotten_link(api, settings)
    reset_id = reset_requests(settings)[-1][0]
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    forged = []
    for place in (0, 15, 16, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        forged.append(urlsafe_b64encode(bytes(changed)).rstrip(b"=").decode())
    other = await address_link(api, await account_of(ada), "ada@example.org")
    bad = [
        await reset_link(api, reset_id, minutes=-0.01),
        await reset_link(api, PasswordResetId(UUID(int=7))),
        await reset_link(api, PasswordResetId(await account_of(ada))),
        other,
        token[:-1],
        "x",
        *forged,
    ]
    for each in bad:
        refused = await reset(api, each)
        assert (refused.status_code, refused.json()["type"]) == (410, "/problems/link-expired")
    assert (await log_in(api, PASSWORD)).status_code == 200
    assert (await reset(api, token)).status_code == 204


async def test_a_quarter_of_an_hour_counts_from_the_request_whatever_the_link_says(
    api: Api, ada: Person, settings: Settings
) -> None:
    who = await account_of(ada)
    old = PasswordResetId(UUID(int=0x01D))
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    asked = PasswordResetRequested(account_id=who)
    await api.record(history(asked, stream=old, at=long_ago))
    assert (await reset(api, await reset_link(api, old))).status_code == 410


async def test_nobody_learns_whether_an_address_has_an_account(
    api: Api, ada: Person, settings: Settings
) -> None:
    known, unknown = await forget(api), await forget(api, "nobody@example.org")
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    assert known.headers.keys() == unknown.headers.keys()
    asked = [account for _, account in reset_requests(settings)]
    assert asked == [await account_of(ada), None]


async def test_the_answer_for_an_address_that_is_none_is_the_same(api: Api) -> None:
    for email in ("", "nobody", "a@b", "\u202ea@b.c"):
        assert (await forget(api, email)).status_code == 202
    assert (await forget(api, "x" * 300)).status_code == 422


async def test_a_request_for_a_new_password_changes_nothing(api: Api, ada: Person) -> None:
    await forget(api)
    assert (await log_in(api, PASSWORD)).status_code == 200
    assert (await refresh(api, ada)).status_code == 200


async def test_the_link_of_a_disabled_account_is_refused(
    api: Api, ada: Person, settings: Settings
) -> None:
    token = await forgotten_link(api, settings)
    admin = await administrator(api)
    disabled = await admin.ask("POST", f"/accounts/{await account_of(ada)}/disable", {})
    assert disabled.status_code == 200
    assert (await reset(api, token)).status_code == 410


async def test_a_page_without_scripts_sets_the_new_password(
    api: Api, ada: Person, settings: Settings
) -> None:
    token = await forgotten_link(api, settings)
    page = f"/reset-password/{token}"
    shown = await api.http.get(page)
    assert shown.status_code == 200
    assert 'type="password"' in shown.text
    assert "script" not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    short = await api.http.post(page, data={"password": "short"})
    assert short.status_code == 422
    assert 'type="password"' in short.text
    common = await api.http.post(page, data={"password": "password1234"})
    assert common.status_code == 422
    assert (await api.http.post(page)).status_code == 422
    done = await api.http.post(page, data={"password": NEW})
    assert done.status_code == 200
    assert (await log_in(api, NEW)).status_code == 200
    again = await api.http.post(page, data={"password": NEW})
    assert again.status_code == 410
    assert (await api.http.get("/reset-password/damaged")).status_code == 404


async def test_a_link_for_a_password_confirms_no_address_and_the_other_way_round(
    api: Api, ada: Person, settings: Settings
) -> None:
    token = await forgotten_link(api, settings)
    for path in ("verify", "confirm", "unsubscribe"):
        assert (await api.http.post(f"/{path}/{token}")).status_code == 404
    other = await address_link(api, await account_of(ada), "ada@example.org")
    wrong = await api.http.post(f"/reset-password/{other}", data={"password": NEW})
    assert wrong.status_code == 404


async def test_no_secret_is_in_the_log(api: Api, ada: Person, settings: Settings) -> None:
    token = await forgotten_link(api, settings)
    await reset(api, token)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        stored = connection.execute("SELECT state FROM stored_events").fetchall()
    for (state,) in stored:
        for secret in (token, NEW, PASSWORD, "argon2", "127.0.0.1"):
            assert secret.encode() not in bytes(state)
