"""What has ended is refused within five seconds, in every process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import psycopg
import pytest

from application.commands.identity.accounts import GrantRole, RevokeRole
from domain.vocabulary import Role
from infrastructure.config.settings import Settings
from infrastructure.live.tail import LogTail
from tests.support.accounts import account_of, administrator
from tests.support.api import PASSWORD, Api, Person, running_api
from tests.support.facts import context
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("database_url")

# Longer than the five that are promised, because this machine may be busy.
WITHIN_SECONDS = 20.0


@pytest.fixture
async def processes(settings: Settings) -> AsyncIterator[tuple[Api, Api]]:
    """Two APIs over one database, each with a memory and a tail of its own."""
    async with AsyncExitStack() as stay:
        first = await stay.enter_async_context(running_api(settings))
        second = await stay.enter_async_context(running_api(settings))
        yield first, second


@pytest.fixture
async def ada(processes: tuple[Api, Api]) -> Person:
    """Ada, whom both processes remember."""
    ada = await processes[0].person("ada")
    for api in processes:
        await remembered(api, ada)
    return ada


def via(api: Api, person: Person) -> Person:
    return Person(api.http, person.tokens)


async def remembered(api: Api, person: Person) -> None:
    """Return once a process remembers the token of a person."""

    async def known() -> bool:
        await via(api, person).get("/auth/me")
        return api.parts.login.authenticator.recall(person.tokens["access_token"]) is not None

    await until(known)


def refused(api: Api, person: Person) -> Callable[[], Awaitable[bool]]:
    async def is_refused() -> bool:
        answer = await via(api, person).get("/auth/me")
        assert answer.status_code in {200, 401}
        return answer.status_code == 401

    return is_refused


def end_sessions(owner_url: str) -> None:
    """End all sessions in the table, as a process does before it records it."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE sessions SET ended_at = now()")


def cut_tail(api: Api, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the connection of the tail, so that it finds the database no more."""
    tail = api.parts.live.feed
    assert isinstance(tail, LogTail)
    monkeypatch.setattr(tail, "_url", "postgresql://annals@127.0.0.1:1/nowhere")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'annals live' AND datname = current_database()"
        )


async def test_an_ended_session_is_refused_by_every_process(
    processes: tuple[Api, Api], ada: Person
) -> None:
    elsewhere = await processes[0].log_in("ada")
    await remembered(processes[1], elsewhere)
    ended = await ada.ask("DELETE", "/auth/sessions?except=current")
    assert ended.status_code == 204
    for api in processes:
        await until(refused(api, elsewhere), within=WITHIN_SECONDS)
        assert (await via(api, ada).get("/auth/me")).status_code == 200


async def test_a_disabled_account_is_refused_by_every_process_and_let_in_again(
    processes: tuple[Api, Api], ada: Person
) -> None:
    root = await administrator(processes[0])
    path = f"/accounts/{await account_of(ada)}"
    made = await ada.ask("POST", "/auth/tokens", {"name": "x", "scopes": ["account:read"]})
    machine = Person(ada.http, {"access_token": made.json()["token"]})
    for api in processes:
        await remembered(api, machine)
    assert (await root.ask("POST", f"{path}/disable", {})).status_code == 200
    for api in processes:
        await until(refused(api, machine), within=WITHIN_SECONDS)
    assert "disabled" in (await machine.get("/auth/me")).json()["detail"]
    assert (await root.ask("POST", f"{path}/enable")).status_code == 200
    assert (await machine.get("/auth/me")).status_code == 200


async def test_a_deleted_account_is_refused_by_every_process(
    processes: tuple[Api, Api], ada: Person
) -> None:
    deleted = await ada.ask("DELETE", "/auth/me", {"password": PASSWORD})
    assert deleted.status_code in {200, 204}, deleted.text
    for api in processes:
        await until(refused(api, ada), within=WITHIN_SECONDS)


async def test_an_ended_session_is_refused_by_a_process_whose_tail_is_cut(
    processes: tuple[Api, Api], ada: Person, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cut = processes
    cut_tail(cut, owner_url, monkeypatch)
    end_sessions(owner_url)  # nothing in the log says so, and the tail could not read it
    await until(refused(cut, ada), within=WITHIN_SECONDS)


async def test_without_contact_to_the_log_what_is_valid_is_looked_up_and_served(
    processes: tuple[Api, Api], ada: Person, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cut = processes
    cut_tail(cut, owner_url, monkeypatch)
    authenticator = cut.parts.login.authenticator

    async def forgotten() -> bool:
        return authenticator.recall(ada.tokens["access_token"]) is None

    await until(forgotten, within=WITHIN_SECONDS)
    assert (await via(cut, ada).get("/auth/me")).status_code == 200
    assert authenticator.recall(ada.tokens["access_token"]) is None


async def test_a_role_is_won_and_lost_without_a_new_token(
    processes: tuple[Api, Api], ada: Person
) -> None:
    other = via(processes[1], ada)
    account = await account_of(ada)

    def answers(status: int) -> Callable[[], Awaitable[bool]]:
        async def as_expected() -> bool:
            return (await other.get("/admin/dead-letters")).status_code == status

        return as_expected

    assert (await other.get("/admin/dead-letters")).status_code == 403
    system = context(actor="system:test")
    grant = GrantRole(account_id=account, role=Role.ADMIN)
    await processes[0].parts.commands.handle(grant, system)
    await until(answers(200), within=WITHIN_SECONDS)
    revoke = RevokeRole(account_id=account, role=Role.ADMIN)
    await processes[0].parts.commands.handle(revoke, system)
    await until(answers(403), within=WITHIN_SECONDS)


async def test_a_writer_that_is_stopped_in_its_transaction_holds_no_revocation_back(
    processes: tuple[Api, Api], ada: Person, owner_url: str
) -> None:
    with psycopg.connect(owner_url) as stopped:
        # It has drawn a position, and neither commits nor ends: readers of the log wait for it.
        stopped.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
            " VALUES (gen_random_uuid(), 1, 'other:Topic', '')"
        )
        assert (await ada.ask("DELETE", "/auth/sessions")).status_code == 204
        for api in processes:
            await until(refused(api, ada), within=WITHIN_SECONDS)
        stopped.rollback()


async def test_a_token_of_a_session_of_another_account_is_refused(
    processes: tuple[Api, Api], ada: Person, owner_url: str
) -> None:
    account = await account_of(ada)
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE sessions SET account_id = gen_random_uuid()")
    for api in processes:
        api.parts.login.authenticator.forget({account})
        assert (await via(api, ada).get("/auth/me")).status_code == 401
