"""Every operation with every kind of credential: who gets 401, who 403, and who is let in.

What is expected is read from docs/http.md, and not from the code that is tested.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import pytest

from application.commands.identity.accounts import GrantRole
from domain.events.identity.access_tokens import AccountTokenCreated
from domain.vocabulary import Role, Scope, TokenId
from interfaces.http.openapi.docs import document
from interfaces.http.protocol.scopes import scope_of_event
from interfaces.http.server.app import litestar_app
from projections.publishing.public_events import PUBLIC_EVENT_LIST
from tests.support.accounts import account_of
from tests.support.api import PASSWORD, Api, Person
from tests.support.facts import context, recorded
from tests.support.openapi import in_place
from tests.support.views import caught_up
from tests.support.waiting import until

UNKNOWN = UUID(int=0x404)
PAGE = Path(__file__).parents[3] / "docs" / "http.md"
DOCUMENT: Mapping[str, Any] = msgspec.json.decode(document(litestar_app()))
OPERATIONS: Mapping[str, tuple[str, str]] = {
    operation["operationId"]: (method.upper(), path)
    for path, operations in in_place(DOCUMENT["paths"], DOCUMENT["components"]).items()
    for method, operation in operations.items()
}
ENDLESS = {"stream"}  # asked for its head alone
ROW = re.compile(r"^\| (?P<needs>[^|]+) \| (?P<operations>`[^|]+`) \|$", re.MULTILINE)
NOBODY = "nothing"
SESSION = "a session"
ANY = "any credential"


class Needs(NamedTuple):
    """What an operation needs: a scope, a session or nothing; and a role beside it."""

    what: str
    role: str | None = None


def documented() -> dict[str, Needs]:
    """Return what docs/http.md says of each operation."""
    found: dict[str, Needs] = {}
    _, _, section = PAGE.read_text().partition("\n### Scopes\n")
    for row in ROW.finditer(section.partition("\n## ")[0]):
        needs, _, role = row["needs"].replace("`", "").partition(" and the role ")
        for operation in re.findall(r"`(\w+)`", row["operations"]):
            assert operation not in found, operation
            found[operation] = Needs(needs, role or None)
    return found


class Caller(NamedTuple):
    """Somebody: what proves it, and what they may do. `scopes` is None for a session."""

    headers: Mapping[str, str]
    known: bool = True
    roles: frozenset[str] = frozenset({"user"})
    scopes: frozenset[str] | None = None


def expected(needs: Needs, caller: Caller) -> int | None:
    """Return the status of the refusal; None: the operation is reached."""
    if needs.what == NOBODY:
        return None
    if not caller.known:
        return 401
    if needs.what == ANY:
        return None
    if caller.scopes is not None and needs.what not in caller.scopes:
        return 403
    roles = {needs.role, "admin"} if needs.role == "auditor" else {needs.role}
    return 403 if needs.role is not None and caller.roles.isdisjoint(roles) else None


@pytest.fixture
async def callers(api: Api) -> dict[str, Caller]:
    caught_up(api.settings.database.url_or_fail)
    people = {role: await api.person(role) for role in Role}
    for role, person in people.items():
        grant = GrantRole(account_id=await account_of(person), role=role)
        await api.parts.commands.handle(grant, context(actor="system:test"))
        api.parts.login.authenticator.forget({await account_of(person)})
    found = {
        "nobody": Caller({}, known=False),
        "forged": Caller(bearer("a.b.c"), known=False),
        "basic": Caller({"authorization": "Basic YTpi"}, known=False),
    }
    for role, person in people.items():
        roles = frozenset({"user", str(role)})
        found[f"session of {role}"] = Caller(bearer(person.tokens["access_token"]), roles=roles)
        for scopes in ([scope] for scope in Scope):
            name = f"token of {role} for {' '.join(scopes)}"
            headers = bearer(await token(person, *scopes))
            found[name] = Caller(headers, roles=roles, scopes=frozenset(map(str, scopes)))
    found["expired token"] = Caller(bearer(await expired(api, people[Role.USER])), known=False)
    found["revoked token"] = Caller(bearer(await revoked(people[Role.USER])), known=False)
    for name in ("disabled", "deleted", "logged out"):
        person = await api.person(name.replace(" ", ""))
        of_account = bearer(await token(person, *map(str, Scope)))
        found[f"session, {name}"] = Caller(bearer(person.tokens["access_token"]), known=False)
        if name == "disabled":
            path = f"/accounts/{await account_of(person)}/disable"
            done = await people[Role.ADMIN].ask("POST", path, {})
        elif name == "deleted":
            done = await person.ask("DELETE", "/auth/me", {"password": PASSWORD})
        else:
            done = await person.ask("DELETE", "/auth/sessions")
            found["token without a session"] = Caller(of_account, scopes=frozenset(map(str, Scope)))
        assert done.status_code in {200, 204}, done.text
        if name != "logged out":
            found[f"token, {name}"] = Caller(of_account, known=False)
        await until(partial(_refused, api, found[f"session, {name}"]))
    return found


async def _refused(api: Api, caller: Caller) -> bool:
    return (await api.http.get("/auth/me", headers=caller.headers)).status_code == 401


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


async def token(person: Person, *scopes: str) -> str:
    made = await person.ask("POST", "/auth/tokens", {"name": "Test", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


async def expired(api: Api, person: Person) -> str:
    account, token_id = await account_of(person), TokenId(uuid4())
    version = (await person.get("/auth/me")).json()["version"] + 1
    secret = await api.parts.login.access_tokens.keep(account, token_id)
    past = AccountTokenCreated(
        token_id=token_id,
        name="Old",
        scopes=tuple(Scope),
        expires_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    await api.record([recorded(past, stream=account, version=version)])
    return secret


async def revoked(person: Person) -> str:
    made = await person.ask("POST", "/auth/tokens", {"name": "Gone", "scopes": list(Scope)})
    await person.ask("DELETE", f"/auth/tokens/{made.json()['id']}")
    return str(made.json()["token"])


def address(path: str) -> str:
    """Return the path of an operation with ids that nothing has."""
    path = re.sub(r"\{\w+_id\}", str(uuid4()), path)
    path = path.replace("{position}", "1")
    return "http://annals.test" + re.sub(r"\{\w+\}", "nothing", path)


def uses_up(operation: str, caller: Caller) -> bool:
    """Whether the operation ends the session or the token that the caller has."""
    return operation == ("end_sessions" if caller.scopes is None else "revoke_current_token")


def test_the_page_names_every_operation() -> None:
    assert documented().keys() == OPERATIONS.keys()


async def test_every_operation_refuses_and_admits_whom_the_page_says(
    api: Api, callers: dict[str, Caller]
) -> None:
    needs, wrong = documented(), []
    pairs = [(operation, name) for operation in sorted(OPERATIONS) for name in callers]
    for operation, name in sorted(pairs, key=lambda pair: uses_up(pair[0], callers[pair[1]])):
        (method, path), caller = OPERATIONS[operation], callers[name]
        method = "HEAD" if operation in ENDLESS else method
        answer = await api.http.request(method, address(path), headers=caller.headers)
        status = answer.status_code if answer.status_code in {401, 403} else None
        should = expected(needs[operation], caller)
        if status != should:
            wrong.append(f"{operation} as {name}: {answer.status_code}, not {should}")
    assert wrong == []
    assert len(callers) > 20


def test_every_event_of_a_stream_needs_a_scope() -> None:
    scopes = {public.type: scope_of_event(public.type) for public in PUBLIC_EVENT_LIST}
    assert {scopes["task.created"], scopes["reminder.triggered"]} == {Scope.TASKS_READ}
    assert scopes["notification.sent"] is Scope.NOTIFICATIONS_READ
    assert scopes["account.token_created"] is Scope.ACCOUNT_READ


async def test_an_operation_that_the_page_does_not_name_would_be_refused(api: Api) -> None:
    assert expected(Needs(SESSION), Caller({}, scopes=frozenset(map(str, Scope)))) == 403
    assert expected(Needs("admin", "admin"), Caller({}, scopes=frozenset({"admin"}))) == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/notifications/stream", "tasks:read"),
        ("PATCH", f"/tasks/{UNKNOWN}/complete", "tasks:write"),
        ("PUT", f"/tasks/{UNKNOWN}", "tasks:write"),
        ("POST", f"/tasks/{UNKNOWN}/recurring", "tasks:write"),
        ("GET", f"/audit/tasks/{UNKNOWN}", "audit:read"),
        ("HEAD", "/tasks", "tasks:read"),
        ("HEAD", "/stream", "tasks:read"),
        ("HEAD", "/auth/me", "account:read"),
    ],
)
async def test_an_alias_and_a_head_need_what_they_stand_for(
    ada: Person, method: str, path: str, scope: str
) -> None:
    others = [str(other) for other in Scope if other != scope]
    without = bearer(await token(ada, *others))
    refused = await ada.http.request(method, path, headers=without)
    assert refused.status_code == 403, refused.text


async def test_the_document_names_the_scope_of_each_operation() -> None:
    needs = documented()
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            what = needs[operation["operationId"]].what
            scopes = [] if what in {SESSION, ANY} else [what]
            secured = [] if what == NOBODY else [{"bearer": scopes}]
            assert operation["security"] == secured, operation["operationId"]
            assert not secured or "403" in operation["responses"], operation["operationId"]
