"""Addresses of accounts: proved by a link, changed by a link, claimed by one account."""

import asyncio
from uuid import UUID

import pytest

from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressVerified,
    AccountVerificationRequested,
    EmailReleased,
)
from domain.vocabulary import AccountId
from tests.support.accounts import account_of, address_link, log_in
from tests.support.api import PASSWORD, Answer, Api, Person

pytestmark = pytest.mark.usefixtures("database_url")

OLD, NEW = "ada@example.org", "lovelace@example.org"


async def want(who: Person, email: str = NEW, password: str = PASSWORD) -> Answer:
    return await who.ask("PUT", "/auth/me/email", {"email": email, "password": password})


async def me(who: Person) -> dict[str, object]:
    found: dict[str, object] = (await who.get("/auth/me")).json()
    return found


async def test_an_address_is_not_proved_by_registering_with_it(api: Api, ada: Person) -> None:
    account = await me(ada)
    assert (account["email_verified"], account["pending_email"]) == (False, None)
    await ada.task()  # an account works before its address is proved


async def test_opening_the_link_changes_nothing_and_the_button_proves_the_address(
    api: Api, ada: Person
) -> None:
    token = await address_link(api, await account_of(ada), OLD)
    page = await api.http.get(f"/verify/{token}")
    assert page.status_code == 200
    assert OLD in page.text
    assert (await me(ada))["email_verified"] is False
    for _ in range(2):
        assert (await api.http.post(f"/verify/{token}")).status_code == 200
    assert (await me(ada))["email_verified"] is True
    past = await api.recorded(await account_of(ada))
    assert [fact.event for fact in past[1:]] == [AccountAddressVerified(email=OLD)]
    assert past[1].actor == str(await account_of(ada))


async def test_another_mail_can_be_asked_for_until_the_address_is_proved(
    api: Api, ada: Person
) -> None:
    assert (await ada.ask("POST", "/auth/me/verification")).status_code == 202
    past = await api.recorded(await account_of(ada))
    assert past[-1].event == AccountVerificationRequested(email=OLD)
    token = await address_link(api, await account_of(ada), OLD)
    await api.http.post(f"/verify/{token}")
    refused = await ada.ask("POST", "/auth/me/verification")
    assert refused.status_code == 409
    assert (await api.http.post("/auth/me/verification")).status_code == 401


async def test_an_address_takes_effect_with_its_link_and_frees_the_old_one(
    api: Api, ada: Person
) -> None:
    asked = await want(ada)
    assert asked.status_code == 202
    assert (asked.json()["email"], asked.json()["pending_email"]) == (OLD, NEW)
    assert (await log_in(api, email=NEW)).status_code == 401
    token = await address_link(api, await account_of(ada), NEW)
    assert (await api.http.post(f"/verify/{token}")).status_code == 200
    account = await me(ada)
    assert (account["email"], account["email_verified"]) == (NEW, True)
    assert account["pending_email"] is None
    assert (await log_in(api, email=NEW)).status_code == 200
    assert (await log_in(api, email=OLD)).status_code == 401
    heir = {"email": OLD, "password": PASSWORD}
    assert (await api.http.post("/auth/register", json=heir)).status_code == 201


async def test_an_address_is_not_changed_without_the_password(api: Api, ada: Person) -> None:
    refused = await want(ada, password="a wrong password")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    assert (await me(ada))["pending_email"] is None
    answer = await api.http.put("/auth/me/email", json={"email": NEW, "password": PASSWORD})
    assert answer.status_code == 401


@pytest.mark.parametrize("email", ["nobody", "a b@c.d", "\u0430da@c.d", ""])
async def test_what_is_no_address_is_refused(api: Api, ada: Person, email: str) -> None:
    refused = await want(ada, email)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "email"


async def test_a_link_of_another_account_or_address_proves_nothing_here(
    api: Api, ada: Person, bob: Person
) -> None:
    await want(ada)
    for token in (
        await address_link(api, await account_of(bob), NEW),
        await address_link(api, await account_of(ada), "stranger@example.org"),
    ):
        assert (await api.http.post(f"/verify/{token}")).status_code == 410
    for token in (
        await address_link(api, await account_of(ada), NEW, hours=-0.01),
        "damaged",
    ):
        assert (await api.http.post(f"/verify/{token}")).status_code == 404
    assert (await me(ada))["email"] == OLD
    assert (await me(bob))["email"] == "bob@example.org"


async def test_a_link_to_an_earlier_wish_is_refused(api: Api, ada: Person) -> None:
    await want(ada)
    await want(ada, "countess@example.org")
    token = await address_link(api, await account_of(ada), NEW)
    assert (await api.http.post(f"/verify/{token}")).status_code == 410
    assert (await me(ada))["email"] == OLD


async def test_of_two_accounts_that_want_an_address_one_gets_it(
    api: Api, ada: Person, bob: Person
) -> None:
    await want(ada)
    await want(bob)
    tokens = [await address_link(api, await account_of(who), NEW) for who in (ada, bob)]
    answers = await asyncio.gather(*(api.http.post(f"/verify/{token}") for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    owners = [(await me(who))["email"] for who in (ada, bob)]
    assert owners.count(NEW) == 1
    assert (await log_in(api, email=NEW)).status_code == 200


async def test_a_registration_and_a_change_that_race_for_an_address_do_not_both_get_it(
    api: Api, ada: Person
) -> None:
    await want(ada)
    token = await address_link(api, await account_of(ada), NEW)
    newcomer = {"email": NEW, "password": PASSWORD}
    confirmed, registered = await asyncio.gather(
        api.http.post(f"/verify/{token}"), api.http.post("/auth/register", json=newcomer)
    )
    assert (confirmed.status_code, registered.status_code) in {(200, 409), (409, 201)}


async def test_a_link_opened_many_times_at_once_changes_the_address_once(
    api: Api, ada: Person
) -> None:
    await want(ada)
    account = await account_of(ada)
    token = await address_link(api, account, NEW)
    answers = await asyncio.gather(*(api.http.post(f"/verify/{token}") for _ in range(6)))
    assert 200 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {200, 410}
    past = [fact.event for fact in await api.recorded(account)]
    assert past.count(AccountAddressChanged(email=NEW, previous=OLD)) == 1
    old = await api.recorded(api.parts.names.address_stream(OLD))
    assert old[-1].event == EmailReleased(account_id=account)


async def test_a_name_is_changed_and_repeated_with_its_key(api: Api, ada: Person) -> None:
    body, key = {"name": "Ada Lovelace"}, {"idempotency_key": "once"}
    renamed = await ada.ask("PATCH", "/auth/me", body, **key)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Ada Lovelace")
    again = await ada.ask("PATCH", "/auth/me", body, **key)
    assert again.headers["idempotency-replayed"] == "true"
    stale = await ada.ask("PATCH", "/auth/me", {"name": "Eve"}, if_match='"1"')
    assert stale.status_code == 412
    assert (await ada.ask("PATCH", "/auth/me", {"name": ""})).status_code == 422
    assert (await ada.ask("PATCH", "/auth/me", {"email": NEW})).status_code == 422
    assert (await me(ada))["name"] == "Ada Lovelace"


async def test_a_link_of_nobody_is_not_found(api: Api) -> None:
    token = await address_link(api, AccountId(UUID(int=9)), OLD)
    assert (await api.http.post(f"/verify/{token}")).status_code == 404
