"""Accounts end: an administrator disables them, their owners delete them."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from application.commands.identity.accounts import DeleteAccount, DisableAccount
from application.ports.endpoints import EndpointAddress
from domain.events.identity.accounts import AccountDeleted, AccountDisabled, EmailReleased
from domain.vocabulary import ChannelName, EndpointId
from infrastructure.config.settings import Settings
from infrastructure.security.ended_accounts import finish_ended_accounts
from tests.support.accounts import account_of, administrator, log_in, refresh
from tests.support.api import PASSWORD, Answer, Api, Person
from tests.support.facts import context

pytestmark = pytest.mark.usefixtures("database_url")


async def disable(admin: Person, who: Person, reason: str = "spam") -> Answer:
    return await admin.ask("POST", f"/accounts/{await account_of(who)}/disable", {"reason": reason})


async def delete(who: Person, password: str = PASSWORD) -> Answer:
    return await who.ask("DELETE", "/auth/me", {"password": password})


async def test_nobody_logs_in_to_a_disabled_account_until_it_is_enabled(
    api: Api, ada: Person
) -> None:
    admin, account = await administrator(api), await account_of(ada)
    assert (await disable(admin, ada)).status_code == 200
    assert (await refresh(api, ada)).status_code == 401
    refused = await log_in(api)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/account-disabled")
    [*_, disabled] = await api.recorded(account)
    assert disabled.event == AccountDisabled(reason="spam")
    assert disabled.actor == str(await account_of(admin))
    assert (await admin.ask("POST", f"/accounts/{account}/enable")).status_code == 200
    assert (await log_in(api)).status_code == 200


async def test_only_who_knows_the_password_learns_that_an_account_is_disabled(
    api: Api, ada: Person
) -> None:
    await disable(await administrator(api), ada)
    wrong, unknown = await log_in(api, "a wrong password"), await log_in(api, email="eve@x.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]


async def test_accounts_of_others_are_for_administrators(
    api: Api, ada: Person, bob: Person
) -> None:
    account = await account_of(bob)
    for method, path in (
        ("GET", "/accounts"),
        ("POST", f"/accounts/{account}/disable"),
        ("POST", f"/accounts/{account}/enable"),
    ):
        body: dict[str, str] | None = {} if path.endswith("disable") else None
        assert (await ada.ask(method, path, body)).status_code == 403
        assert (await api.http.request(method, path)).status_code == 401
    assert (await log_in(api, email="bob@example.org")).status_code == 200


async def test_an_administrator_does_not_lock_themselves_out(api: Api) -> None:
    admin = await administrator(api)
    assert (await disable(admin, admin)).status_code == 409
    missing = await admin.ask("POST", "/accounts/00000000-0000-0000-0000-000000000009/disable", {})
    assert missing.status_code == 404


@pytest.mark.usefixtures("views")
async def test_administrators_list_and_search_accounts(api: Api, ada: Person, bob: Person) -> None:
    admin = await administrator(api)
    position = (await disable(admin, bob)).headers["annals-position"]

    async def listed(query: str) -> list[str]:
        answer = await admin.get(f"/accounts{query}", annals_min_position=position)
        assert answer.status_code == 200, answer.text
        return [account["email"].partition("@")[0] for account in answer.json()["items"]]

    assert await listed("") == ["root", "bob", "ada"]
    assert await listed("?q=ADA@") == ["ada"]
    assert await listed("?q=%25") == []
    assert await listed("?state=disabled") == ["bob"]
    assert await listed("?state=active") == ["root", "ada"]
    first = (await admin.get("/accounts?limit=2", annals_min_position=position)).json()
    second = (await admin.get(f"/accounts?limit=2&cursor={first['next_cursor']}")).json()
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    foreign = await admin.get(f"/accounts?q=x&cursor={first['next_cursor']}")
    assert foreign.status_code in {400, 422}


@pytest.mark.usefixtures("views")
async def test_deleted_accounts_are_listed_only_where_they_are_asked_for(
    api: Api, ada: Person
) -> None:
    admin = await administrator(api)
    account = await account_of(ada)
    assert (await delete(ada)).status_code == 204
    position = str((await api.recorded(account))[-1].position)
    shown = await admin.get("/accounts", annals_min_position=position)
    assert [each["email"] for each in shown.json()["items"]] == ["root@example.org"]
    deleted = await admin.get("/accounts?state=deleted", annals_min_position=position)
    assert [each["id"] for each in deleted.json()["items"]] == [str(account)]


async def test_a_deleted_account_is_gone_and_its_address_is_free(
    api: Api, ada: Person, settings: Settings
) -> None:
    account, elsewhere = await account_of(ada), await api.log_in("ada")
    endpoint = EndpointAddress(
        id=EndpointId(uuid4()),
        account=account,
        channel=ChannelName.WEBHOOK,
        address="https://hooks.example.org/annals",
        secrets=("whsec_x",),
    )
    await api.parts.endpoints.addresses.keep(endpoint)
    assert (await delete(ada)).status_code == 204
    for who in (ada, elsewhere):
        assert (await refresh(api, who)).status_code == 401
    gone, unknown = await log_in(api), await log_in(api, email="eve@example.org")
    assert gone.status_code == unknown.status_code == 401
    assert gone.json()["detail"] == unknown.json()["detail"]
    past = await api.recorded(account)
    assert past[-1].event == AccountDeleted()
    claim = await api.recorded(api.parts.names.address_stream("ada@example.org"))
    assert claim[-1].event == EmailReleased(account_id=account)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        assert connection.execute("SELECT count(*) FROM credentials").fetchone() == (0,)
        kept = connection.execute("SELECT count(*) FROM endpoints WHERE removed_at IS NULL")
        assert kept.fetchone() == (0,)
    heir = await api.person("ada")
    assert await account_of(heir) != account


async def test_an_account_is_not_deleted_without_its_password(api: Api, ada: Person) -> None:
    refused = await delete(ada, "a wrong password")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    missing = await ada.ask("DELETE", "/auth/me", {})
    assert (missing.status_code, missing.json()["type"]) == (403, "/problems/wrong-password")
    assert (await log_in(api)).status_code == 200


async def test_an_account_deleted_twice_at_once_is_deleted_once(api: Api, ada: Person) -> None:
    account = await account_of(ada)
    answers = await asyncio.gather(delete(ada), delete(ada))
    assert 204 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {204, 401, 403, 404, 409}
    past = [fact.event for fact in await api.recorded(account)]
    assert past.count(AccountDeleted()) == 1


@pytest.mark.usefixtures("views")
async def test_what_a_process_left_when_it_died_is_finished_by_the_next(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    carol, names = await api.person("carol"), api.parts.names
    gone, locked = await account_of(ada), await account_of(bob)
    commands, who = api.parts.commands, context(actor="system:test")
    delete_ada = DeleteAccount(
        account_id=gone,
        email="ada@example.org",
        address_stream=names.address_stream("ada@example.org"),
    )
    await commands.handle(delete_ada, who)
    receipt = await commands.handle(DisableAccount(account_id=locked, reason=""), who)
    assert await api.parts.views.until("accounts", receipt.position)
    await api.parts.queries.run(finish_ended_accounts)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        ended = connection.execute(
            "SELECT account_id, end_reason FROM sessions WHERE ended_at IS NOT NULL"
        ).fetchall()
        kept = connection.execute("SELECT account_id FROM credentials").fetchall()
    assert sorted(ended) == sorted([(gone, "deleted"), (locked, "disabled")])
    assert sorted(kept) == sorted([(locked,), (await account_of(carol),)])
