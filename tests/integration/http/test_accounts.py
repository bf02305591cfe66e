"""Accounts, and the sessions that begin and end for them."""

from datetime import timedelta
from pathlib import Path

import jwt
import psycopg
import pytest

from application.ports.identity import Identity
from infrastructure.config.settings import Settings
from infrastructure.security import session_store
from infrastructure.security.tokens import TokenSigner
from tests.support.api import PASSWORD, Answer, Api, Person, running_api, settings_for

pytestmark = pytest.mark.usefixtures("database_url")

NEW = {"email": "Ada@Example.org", "password": PASSWORD}


async def test_who_registers_can_log_in_whatever_the_case_of_the_address(api: Api) -> None:
    registered = await api.http.post("/auth/register", json=NEW)
    assert registered.status_code == 201
    assert registered.json()["name"] == "Ada"
    assert registered.headers["etag"] == '"1"'
    ada = await api.log_in("ada")
    me = await ada.get("/auth/me")
    assert me.json() == registered.json()
    assert me.json()["roles"] == ["user"]


async def test_an_address_is_given_once(api: Api) -> None:
    await api.http.post("/auth/register", json=NEW)
    again = await api.http.post("/auth/register", json=NEW | {"email": "ada@example.org"})
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/email-taken"


async def test_a_refused_registration_leaves_no_password_behind(
    api: Api, settings: Settings
) -> None:
    await api.http.post("/auth/register", json=NEW)
    await api.http.post("/auth/register", json=NEW)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        assert connection.execute("SELECT count(*) FROM credentials").fetchone() == (1,)


@pytest.mark.parametrize(
    "field",
    [
        {"email": "nobody"},
        {"email": "a b@c.d"},
        {"password": "too short"},
        {"password": "PassWord123"},
        {"email": "\u0430da@c.d"},
        {"name": ""},
        {"x": 1},
    ],
    ids=lambda field: next(iter(field)),
)
async def test_a_registration_with_a_fault_names_it(api: Api, field: dict[str, str]) -> None:
    refused = await api.http.post("/auth/register", json=NEW | field)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == next(iter(field))


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(api: Api) -> None:
    await api.http.post("/auth/register", json=NEW)
    wrong = await api.http.post("/auth/login", json=NEW | {"password": "not that one"})
    unknown = await api.http.post("/auth/login", json=NEW | {"email": "eve@example.org"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]


async def test_a_password_is_nowhere_in_the_log(api: Api, settings: Settings) -> None:
    await api.http.post("/auth/register", json=NEW, headers={"Idempotency-Key": "k"})
    with psycopg.connect(settings.database.url_or_fail) as connection:
        stored = connection.execute("SELECT state FROM stored_events").fetchall()
    assert stored
    assert not any(PASSWORD.encode() in state or b"argon2" in state for (state,) in stored)


async def test_a_registration_repeated_with_its_key_is_answered_again(api: Api) -> None:
    key = {"Idempotency-Key": "first try"}
    first = await api.http.post("/auth/register", json=NEW, headers=key)
    again = await api.http.post("/auth/register", json=NEW, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = NEW | {"password": "another password"}
    refused = await api.http.post("/auth/register", json=other, headers=key)
    assert refused.json()["type"] == "/problems/key-reused"
    await api.log_in("ada")


async def test_a_refresh_token_is_exchanged_for_the_next(api: Api, ada: Person) -> None:
    renewed = await _refresh(api, ada.tokens)
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != ada.tokens["refresh_token"]
    again = await _refresh(api, renewed.json())
    assert again.status_code == 200
    me = Person(api.http, again.json())
    assert (await me.get("/auth/me")).status_code == 200


async def test_a_refresh_token_used_twice_ends_its_session(api: Api, ada: Person) -> None:
    renewed = await _refresh(api, ada.tokens)
    stolen = await _refresh(api, ada.tokens)
    assert stolen.status_code == 401
    assert stolen.json()["type"] == "/problems/session-ended"
    assert (await _refresh(api, renewed.json())).status_code == 401


async def test_one_session_ends_and_the_other_goes_on(api: Api, ada: Person) -> None:
    elsewhere = await api.log_in("ada")
    token = {"refresh_token": ada.tokens["refresh_token"]}
    assert (await api.http.post("/auth/logout", json=token)).status_code == 204
    assert (await api.http.post("/auth/logout", json=token)).status_code == 204
    assert (await _refresh(api, ada.tokens)).status_code == 401
    assert (await _refresh(api, elsewhere.tokens)).status_code == 200


async def test_a_session_ends_however_often_it_is_refreshed(
    api: Api, ada: Person, settings: Settings
) -> None:
    elsewhere = await api.log_in("ada")
    renewed = await _refresh(api, ada.tokens)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        connection.execute(
            "UPDATE sessions SET started_at = now() - interval '366 days' WHERE id ="
            " (SELECT id FROM sessions ORDER BY started_at LIMIT 1)"
        )
    assert (await _refresh(api, renewed.json())).status_code == 401
    assert (await _refresh(api, elsewhere.tokens)).status_code == 200


async def test_the_days_of_a_session_are_a_setting(
    database_url: str, keys: Path, settings: Settings
) -> None:
    async with running_api(settings_for(database_url, keys, session_days=3)) as api:
        old, young = await api.person("ada"), await api.log_in("ada")
        with psycopg.connect(settings.database.url_or_fail) as connection:
            for days, order in ((4, "ASC"), (2, "DESC")):
                connection.execute(
                    "UPDATE sessions SET started_at = started_at - make_interval(days => %s)"  # noqa: S608 - ours
                    f" WHERE id = (SELECT id FROM sessions ORDER BY started_at {order} LIMIT 1)",
                    (days,),
                )
        assert (await _refresh(api, old.tokens)).status_code == 401
        assert (await _refresh(api, young.tokens)).status_code == 200


async def test_a_login_beyond_the_sessions_of_an_account_ends_its_oldest(
    database_url: str, keys: Path
) -> None:
    async with running_api(settings_for(database_url, keys, sessions=2)) as api:
        first, bob = await api.person("ada"), await api.person("bob")
        second, third = await api.log_in("ada"), await api.log_in("ada")
        renewed = [await _refresh(api, who.tokens) for who in (first, second, third, bob)]
        assert [answer.status_code for answer in renewed] == [401, 200, 200, 200]


async def test_used_tokens_are_swept_and_sessions_go_on(
    api: Api, ada: Person, settings: Settings
) -> None:
    tokens = ada.tokens
    for _ in range(3):
        tokens = (await _refresh(api, tokens)).json()
    with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
        connection.execute("UPDATE refresh_tokens SET used_at = used_at - interval '8 days'")
        await api.parts.queries.run(session_store.sweep, timedelta(days=365))
        assert connection.execute("SELECT count(*) FROM refresh_tokens").fetchone() == (1,)
    assert (await _refresh(api, tokens)).status_code == 200


async def test_refresh_tokens_are_not_kept_as_they_are(ada: Person, settings: Settings) -> None:
    with psycopg.connect(settings.database.url_or_fail) as connection:
        kept = connection.execute("SELECT t::text FROM refresh_tokens t").fetchall()
    assert kept
    assert ada.tokens["refresh_token"] not in str(kept)


async def test_the_published_keys_are_those_that_signed(api: Api, ada: Person) -> None:

    answer = await api.http.get("http://annals.test/.well-known/jwks.json")
    keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}
    token = ada.tokens["access_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="annals", issuer="annals")
    assert set(claims) >= {"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "roles"}
    assert not any("d" in key for key in answer.json()["keys"])


async def _refresh(api: Api, tokens: dict[str, str]) -> Answer:
    body = {"refresh_token": tokens["refresh_token"]}
    return await api.http.post("/auth/refresh", json=body)


async def test_a_token_is_verified_once_for_each_request(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = TokenSigner.verify

    def counting(signer: TokenSigner, token: str) -> Identity:
        verified.append(token)
        return verify(signer, token)

    monkeypatch.setattr(TokenSigner, "verify", counting)
    assert (await ada.get("/auth/me")).status_code == 200
    assert verified == [ada.tokens["access_token"]]
    assert (await api.http.get("/auth/me")).status_code == 401
    assert len(verified) == 1
