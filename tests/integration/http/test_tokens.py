"""Personal access tokens over HTTP: shown once, as good as their scopes, and gone when revoked."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from application.commands.identity.accounts import GrantRole
from application.ports.identity import Claim, Identity
from domain.events.identity.access_tokens import AccountTokenCreated
from domain.vocabulary import AccountId, Role, Scope, TokenId
from infrastructure.authentication.token_format import digest, is_well_formed, new_token
from infrastructure.config.settings import Settings
from tests.support.accounts import account_of
from tests.support.api import Answer, Api, Person, running_api, settings_for
from tests.support.facts import context, recorded
from tests.support.waiting import until

READ = {"name": "Backup", "scopes": ["tasks:read"]}


async def create(person: Person, **more: Any) -> Answer:
    return await person.ask("POST", "/auth/tokens", READ | more)


async def token(person: Person, **more: Any) -> Person:
    """Create a token; return somebody who has nothing else."""
    answer = await create(person, **more)
    assert answer.status_code == 201, answer.text
    return Person(person.http, {"access_token": answer.json()["token"]} | answer.json())


async def test_a_token_is_shown_once_and_opens_what_its_scopes_say(ada: Person) -> None:
    task = await ada.task()
    answer = await create(ada)
    assert answer.status_code == 201
    assert is_well_formed(answer.json()["token"])
    machine = Person(ada.http, {"access_token": answer.json()["token"]})
    assert (await machine.get(f"/tasks/{task['id']}")).json() == task
    refused = await machine.ask("POST", "/tasks", {"title": "Another"})
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/insufficient-scope"
    assert "tasks:write" in refused.json()["detail"]
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="annals", error="insufficient_scope", scope="tasks:write"'
    )
    listed = (await ada.get("/auth/tokens")).json()["items"]
    assert [(found["name"], found["scopes"]) for found in listed] == [("Backup", ["tasks:read"])]
    assert "token" not in listed[0]


async def test_what_a_token_does_is_recorded_as_its_account_did_it(ada: Person, api: Api) -> None:
    machine = await token(ada, scopes=["tasks:write"])
    task = await machine.task()
    (created,) = await api.recorded(UUID(task["id"]))
    assert created.actor == str(await account_of(ada))


async def test_a_repeated_request_makes_no_second_token_and_shows_no_secret(ada: Person) -> None:
    first = await ada.ask("POST", "/auth/tokens", READ, idempotency_key="once")
    again = await ada.ask("POST", "/auth/tokens", READ, idempotency_key="once")
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json() | {"token": None}
    assert len((await ada.get("/auth/tokens")).json()["items"]) == 1
    works = Person(ada.http, {"access_token": first.json()["token"]})
    assert (await works.get("/tasks")).status_code == 200
    await create(ada, name="Another")
    third = await ada.ask("POST", "/auth/tokens", READ, idempotency_key="once")
    assert third.json() == first.json() | {"token": None}


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tasks:eat"]}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9000-01-01T00:00:00Z"}, "expires_at"),
        ({"account_id": str(uuid4())}, "account_id"),
    ],
)
async def test_a_token_with_a_fault_is_refused_and_leaves_nothing(
    ada: Person, settings: Settings, fault: dict[str, Any], field: str
) -> None:
    refused = await create(ada, **fault)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith(field)
    assert stored(settings, await account_of(ada)) == []


async def test_only_so_many_tokens_are_valid_at_once(
    api: Api, ada: Person, settings: Settings
) -> None:
    few = Settings.of(
        database_url=settings.database.url, keys_dir=settings.tokens.keys_dir, tokens=2
    )
    async with running_api(few) as small:
        person = Person(small.http, ada.tokens)
        answers = [await create(person, name=f"Token {number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 422]
        assert (
            "has 2 access tokens, the most that ANNALS_TOKENS allows" in answers[2].json()["detail"]
        )
        assert len(stored(settings, await account_of(ada))) == 2
        await person.ask("DELETE", f"/auth/tokens/{answers[0].json()['id']}")
        assert (await create(person)).status_code == 201


async def test_a_revoked_token_is_refused_at_once_where_it_was_revoked(
    ada: Person, settings: Settings
) -> None:
    machine = await token(ada)
    assert (await machine.get("/tasks")).status_code == 200
    answer = await ada.ask("DELETE", f"/auth/tokens/{machine.tokens['id']}")
    assert (answer.status_code, answer.json()) == (200, {"items": []})
    refused = await machine.get("/tasks")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert (await ada.ask("DELETE", f"/auth/tokens/{machine.tokens['id']}")).status_code == 404
    assert stored(settings, await account_of(ada)) == []


async def test_a_token_revokes_itself_and_no_other_whatever_its_scopes_are(ada: Person) -> None:
    other = await token(ada, name="Other")
    machine = await token(ada, scopes=["notifications:read"])
    assert (await machine.ask("DELETE", "/auth/tokens/current")).status_code == 204
    assert (await machine.ask("DELETE", "/auth/tokens/current")).status_code == 401
    assert (await other.get("/tasks")).status_code == 200
    listed = (await ada.get("/auth/tokens")).json()["items"]
    assert [found["name"] for found in listed] == ["Other"]
    refused = await ada.ask("DELETE", "/auth/tokens/current")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")


async def test_a_revoked_token_is_refused_by_every_process(
    api: Api, ada: Person, settings: Settings
) -> None:
    machine = await token(ada)
    async with running_api(settings) as other:
        there = Person(other.http, machine.tokens)
        assert (await there.get("/tasks")).status_code == 200
        await ada.ask("DELETE", f"/auth/tokens/{machine.tokens['id']}")

        async def refused() -> bool:
            return (await there.get("/tasks")).status_code == 401

        await until(refused)


async def test_a_token_expires_also_while_it_is_remembered(api: Api, ada: Person) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    machine = await token(ada, expires_at=soon.isoformat())
    assert (await machine.get("/tasks")).status_code == 200

    async def expired() -> bool:
        return (await machine.get("/tasks")).status_code == 401

    await until(expired)
    assert datetime.now(UTC) >= soon - timedelta(seconds=1)
    assert "expired" in (await machine.get("/tasks")).json()["detail"]


async def test_a_token_that_has_expired_long_ago_is_refused(api: Api, ada: Person) -> None:
    account, token_id = await account_of(ada), TokenId(uuid4())
    secret = await api.parts.login.access_tokens.keep(account, token_id)
    past = AccountTokenCreated(
        token_id=token_id,
        name="Old",
        scopes=(Scope.TASKS_READ,),
        expires_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    await api.record([recorded(past, stream=account, version=2)])
    old = Person(api.http, {"access_token": secret})
    assert (await old.get("/tasks")).status_code == 401


async def test_a_secret_that_the_log_does_not_know_opens_nothing(api: Api, ada: Person) -> None:
    # A process that dies between the two writes leaves such a row.
    secret = await api.parts.login.access_tokens.keep(await account_of(ada), uuid4())
    assert (await Person(api.http, {"access_token": secret}).get("/tasks")).status_code == 401


async def test_one_wrong_character_is_refused_without_a_look_up(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await token(ada)
    good = machine.tokens["access_token"]

    def looked_up(*_: Any) -> None:
        raise AssertionError("a look-up")

    monkeypatch.setattr(api.parts.login.authenticator, "prove", looked_up)
    for place in range(0, len(good), 7):
        other = "x" if good[place] != "x" else "y"
        for wrong in (good[:place] + other + good[place + 1 :], good[:place], good + good[:place]):
            if wrong == good:
                continue
            refused = await Person(ada.http, {"access_token": wrong}).get("/tasks")
            assert refused.status_code == 401, wrong


async def test_a_well_formed_token_that_nobody_made_is_refused(ada: Person) -> None:
    await token(ada)
    assert (await Person(ada.http, {"access_token": new_token()}).get("/tasks")).status_code == 401


async def test_guesses_are_counted_before_they_are_looked_up(
    database_url: str, keys: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(database_url, keys, redis_url=redis_url, address_requests_per_second=5)
    async with running_api(settings) as api:
        looked_up = []
        authenticator = api.parts.login.authenticator
        prove = authenticator.prove

        async def counting(claim: Claim) -> Identity:
            looked_up.append(claim)
            return await prove(claim)

        monkeypatch.setattr(authenticator, "prove", counting)
        guesses = [Person(api.http, {"access_token": new_token()}) for _ in range(40)]
        answers = await asyncio.gather(*(guess.get("/tasks") for guess in guesses))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {401, 429}
        assert len(looked_up) == statuses.count(401) < 20


async def test_a_token_in_the_address_is_never_accepted(ada: Person) -> None:
    secret = (await token(ada)).tokens["access_token"]
    for name in ("token", "access_token", "authorization"):
        for path in ("/tasks", "/stream"):
            answer = await ada.http.request("HEAD", path, params={name: secret})
            assert answer.status_code in {401, 422}, (name, path)


async def test_a_token_of_one_account_is_nothing_to_another(ada: Person, bob: Person) -> None:
    hers = await token(ada)
    task = await bob.task()
    assert (await hers.get(f"/tasks/{task['id']}")).status_code == 404
    token_id = hers.tokens["id"]
    assert (await bob.ask("DELETE", f"/auth/tokens/{token_id}")).status_code == 404
    assert (await bob.get("/auth/tokens")).json() == {"items": []}
    assert (await hers.get("/tasks")).status_code == 200


async def test_no_secret_is_kept_as_it_is(ada: Person, settings: Settings, api: Api) -> None:
    key = {"idempotency_key": "k"}
    secret = (await ada.ask("POST", "/auth/tokens", READ, **key)).json()["token"]
    assert stored(settings, await account_of(ada)) == [digest(secret)]
    with psycopg.connect(settings.database.url_or_fail) as connection:
        states = connection.execute("SELECT state FROM stored_events").fetchall()
    assert not any(part in state for (state,) in states for part in hidden(secret))


def hidden(secret: str) -> tuple[bytes, ...]:
    return (secret[-20:].encode(), digest(secret).hex().encode())


def stored(settings: Settings, of: AccountId) -> list[bytes]:
    with psycopg.connect(settings.database.url_or_fail) as connection:
        rows = connection.execute(
            "SELECT token_hash FROM access_tokens WHERE account_id = %s", (of,)
        ).fetchall()
    return [token_hash for (token_hash,) in rows]


async def test_the_last_use_is_shown_and_written_once_a_minute(
    ada: Person, settings: Settings, owner_url: str
) -> None:
    machine = await token(ada)

    async def last_used() -> str | None:
        (found,) = (await ada.get("/auth/tokens")).json()["items"]
        used: str | None = found["last_used_at"]
        return used

    assert await last_used() is None
    await machine.get("/tasks")

    async def used() -> bool:
        return await last_used() is not None

    await until(used)
    first = await last_used()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        [[versions]] = connection.execute("SELECT xmin::text FROM access_tokens").fetchall()
        # Another process that has not used it before.
        async with running_api(settings) as other:
            await Person(other.http, machine.tokens).get("/tasks")
            recorder: Any = other.parts.login.authenticator
            await recorder._record_use()
        assert await last_used() == first
        [[after]] = connection.execute("SELECT xmin::text FROM access_tokens").fetchall()
    assert versions == after


async def test_a_machine_has_tokens_and_nothing_else(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    await grant_admin(api, ada)
    body = {"name": "Nightly backup", "roles": ["auditor"]}
    assert (await bob.ask("POST", "/accounts/services", body)).status_code == 403
    made = await ada.ask("POST", "/accounts/services", body)
    assert made.status_code == 201
    service = made.json()
    assert service["roles"] == ["user", "auditor"]
    path = f"/accounts/services/{service['id']}/tokens"
    answer = await ada.ask("POST", path, {"name": "One", "scopes": ["account:read", "audit:read"]})
    machine = Person(api.http, {"access_token": answer.json()["token"]})
    me = (await machine.get("/auth/me")).json()
    assert (me["id"], me["name"], me["email"]) == (service["id"], "Nightly backup", "")
    assert [found["name"] for found in (await ada.get(path)).json()["items"]] == ["One"]
    assert (await bob.get(path)).status_code == 403
    revoked = await ada.ask("DELETE", f"{path}/{answer.json()['id']}")
    assert revoked.json() == {"items": []}
    assert (await machine.get("/auth/me")).status_code == 401


async def test_an_administrator_makes_no_tokens_of_persons(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    await grant_admin(api, ada)
    his = await token(bob)
    path = f"/accounts/services/{await account_of(bob)}/tokens"
    assert (await ada.ask("POST", path, READ)).status_code == 404
    assert (await ada.get(path)).status_code == 404
    assert (await ada.ask("DELETE", f"{path}/{his.tokens['id']}")).status_code == 404
    assert len(stored(settings, await account_of(bob))) == 1
    assert stored(settings, await account_of(ada)) == []
    assert (await his.get("/tasks")).status_code == 200


async def grant_admin(api: Api, person: Person) -> None:
    account = await account_of(person)
    grant = GrantRole(account_id=account, role=Role.ADMIN)
    await api.parts.commands.handle(grant, context(actor="system:test"))
    api.parts.login.authenticator.forget({account})
