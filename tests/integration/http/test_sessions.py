"""Sessions: their owner sees them, ends them, and nobody else does."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.events.identity.sessions import SessionEnded, SessionStarted
from domain.events.recorded import AnyEvent
from domain.vocabulary import SessionEnd, SignInMethod
from infrastructure.config.settings import Settings
from infrastructure.security import session_store
from infrastructure.security.active_sessions import PostgresActiveSessions
from tests.support.accounts import account_of, refresh
from tests.support.api import PASSWORD, Api, Person

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


async def log_in_with(api: Api, user_agent: str) -> Person:
    account = {"email": api.email("ada"), "password": PASSWORD}
    answer = await api.http.post("/auth/login", json=account, headers={"User-Agent": user_agent})
    return Person(api.http, answer.json())


async def facts(api: Api, session: str) -> list[AnyEvent]:
    return [recorded.event for recorded in await api.recorded(UUID(session))]


async def reasons(api: Api, session: str) -> list[SessionEnd]:
    return [event.reason for event in await facts(api, session) if isinstance(event, SessionEnded)]


async def own_id(who: Person) -> str:
    found = (await who.get("/auth/sessions")).json()["items"]
    return str(next(session["id"] for session in found if session["current"]))


async def test_a_login_is_a_session_that_its_owner_recognises(api: Api, ada: Person) -> None:
    firefox = await log_in_with(api, FIREFOX)
    newest, first = (await firefox.get("/auth/sessions")).json()["items"]
    assert (newest["device"], newest["method"]) == ("Firefox on Linux", "password")
    assert newest["current"] is True
    assert (first["device"], first["current"]) == ("python-httpx", False)
    assert newest["address"] == first["address"]
    assert newest["started_at"] <= newest["last_used_at"]


async def test_the_log_knows_the_device_and_no_address(api: Api, ada: Person) -> None:
    session = await own_id(await log_in_with(api, FIREFOX))
    [started] = await facts(api, session)
    assert isinstance(started, SessionStarted)
    assert (started.device, started.method) == ("Firefox on Linux", SignInMethod.PASSWORD)
    assert "." not in started.address
    assert ":" not in started.address


async def test_a_device_is_new_once(api: Api, ada: Person) -> None:
    sessions = [
        await own_id(ada),  # the first login after the registration surprises nobody
        await own_id(await log_in_with(api, FIREFOX)),
        await own_id(await log_in_with(api, FIREFOX)),
    ]
    started = [(await facts(api, session))[0] for session in sessions]
    assert [getattr(event, "new_device", None) for event in started] == [False, True, False]


async def test_a_refresh_counts_as_use(api: Api, ada: Person) -> None:
    before = (await ada.get("/auth/sessions")).json()["items"][0]["last_used_at"]
    renewed = Person(api.http, (await refresh(api, ada)).json())
    [session] = (await renewed.get("/auth/sessions")).json()["items"]
    assert session["last_used_at"] > before


async def test_one_session_is_ended_from_another(api: Api, ada: Person) -> None:
    elsewhere = await log_in_with(api, FIREFOX)
    session = await own_id(elsewhere)
    assert (await ada.ask("DELETE", f"/auth/sessions/{session}")).status_code == 204
    assert (await refresh(api, elsewhere)).status_code == 401
    assert (await refresh(api, ada)).status_code == 200
    assert await reasons(api, session) == [SessionEnd.ASKED]
    again = await ada.ask("DELETE", f"/auth/sessions/{session}")
    assert again.status_code == 204
    assert await reasons(api, session) == [SessionEnd.ASKED]


async def test_nobody_ends_the_session_of_another_person(
    api: Api, ada: Person, bob: Person
) -> None:
    session = await own_id(ada)
    for wanted in (session, str(uuid4())):
        refused = await bob.ask("DELETE", f"/auth/sessions/{wanted}")
        assert refused.status_code == 404
        assert refused.json()["detail"] == f"There is no session {wanted}."
    assert (await bob.ask("DELETE", "/auth/sessions")).status_code == 204
    assert (await refresh(api, ada)).status_code == 200
    assert await reasons(api, session) == []


async def test_all_other_sessions_end_and_then_all(api: Api, ada: Person) -> None:
    others = [await log_in_with(api, FIREFOX) for _ in range(3)]
    kept = await own_id(ada)
    assert (await ada.ask("DELETE", "/auth/sessions?except=current")).status_code == 204
    [left] = (await ada.get("/auth/sessions")).json()["items"]
    assert left["id"] == kept
    assert {(await refresh(api, other)).status_code for other in others} == {401}
    assert (await ada.ask("DELETE", "/auth/sessions")).status_code == 204
    assert (await refresh(api, ada)).status_code == 401
    assert await reasons(api, kept) == [SessionEnd.ASKED]


async def test_a_parameter_that_is_not_known_ends_nothing(api: Api, ada: Person) -> None:
    for query in ("?except=this", "?but=current"):
        assert (await ada.ask("DELETE", f"/auth/sessions{query}")).status_code == 422
    assert (await refresh(api, ada)).status_code == 200


async def test_each_way_to_end_a_session_has_its_reason(api: Api, ada: Person) -> None:
    left, stolen = await log_in_with(api, FIREFOX), await log_in_with(api, FIREFOX)
    left_id, stolen_id = await own_id(left), await own_id(stolen)
    token = {"refresh_token": left.tokens["refresh_token"]}
    for _ in range(2):
        assert (await api.http.post("/auth/logout", json=token)).status_code == 204
    assert await reasons(api, left_id) == [SessionEnd.LOGOUT]
    assert (await api.recorded(UUID(left_id)))[-1].actor == str(await account_of(ada))
    await refresh(api, stolen)
    assert (await refresh(api, stolen)).status_code == 401
    assert await reasons(api, stolen_id) == [SessionEnd.REUSED]


@pytest.mark.parametrize(
    "later",
    [
        "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'",
        "UPDATE sessions SET started_at = started_at - interval '30 days'",
    ],
)
@pytest.mark.usefixtures("database_url")
async def test_sessions_that_expire_end_in_the_log_too(
    api: Api, ada: Person, settings: Settings, later: str
) -> None:
    session = await own_id(ada)
    with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
        await api.parts.queries.run(session_store.sweep, timedelta(days=30))
        assert len((await ada.get("/auth/sessions")).json()["items"]) == 1
        connection.execute(later)
        await api.parts.queries.run(session_store.sweep, timedelta(days=30))
        ends = PostgresActiveSessions(api.parts.queries, api.parts.commands)  # type: ignore[arg-type]
        await ends.record_ends()
        assert connection.execute(
            "SELECT count(*) FROM sessions WHERE end_recorded"
        ).fetchone() == (1,)
    assert await reasons(api, session) == [SessionEnd.EXPIRED]
    assert (await ada.get("/auth/sessions")).json()["items"] == []


async def test_an_end_that_a_process_could_not_record_is_recorded_by_the_next(
    api: Api, ada: Person, settings: Settings
) -> None:
    session = await own_id(ada)
    with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
        connection.execute("UPDATE sessions SET ended_at = now(), end_reason = 'asked'")
    assert await reasons(api, session) == []
    ends = PostgresActiveSessions(api.parts.queries, api.parts.commands)  # type: ignore[arg-type]
    await asyncio.gather(*(ends.record_ends() for _ in range(4)))
    assert await reasons(api, session) == [SessionEnd.ASKED]


@pytest.mark.usefixtures("database_url")
async def test_sessions_ended_at_the_same_time_end_once(api: Api, ada: Person) -> None:
    elsewhere = await log_in_with(api, FIREFOX)
    session = await own_id(elsewhere)
    answers = await asyncio.gather(
        *(ada.ask("DELETE", f"/auth/sessions/{session}") for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {204}
    assert await reasons(api, session) == [SessionEnd.ASKED]
