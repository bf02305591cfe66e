"""Accounts in tests: administrators, and the links that a mail would have."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from application.command import Context
from application.commands.identity.accounts import GrantRole
from application.ports.endpoints import AccountAddressLink, PasswordResetLink
from domain.vocabulary import AccountId, PasswordResetId, Role
from infrastructure.config.settings import Settings
from tests.support.api import PASSWORD, Answer, Api, Person


async def account_of(who: Person) -> AccountId:
    return AccountId(UUID((await who.get("/auth/me")).json()["id"]))


async def administrator(api: Api, name: str = "root") -> Person:
    """Register somebody with the role admin."""
    account_id = await account_of(await api.person(name))
    context = Context(actor="system:test", now=datetime.now(UTC), correlation_id=uuid4())
    grant = GrantRole(account_id=account_id, role=Role.ADMIN)
    await api.parts.commands.handle(grant, context)
    return await api.log_in(name)


async def log_in(api: Api, password: str = PASSWORD, email: str | None = None) -> Answer:
    """Log Ada in, or somebody with another address."""
    account = {"email": email or api.email("ada"), "password": password}
    return await api.http.post("/auth/login", json=account)


async def refresh(api: Api, who: Person) -> Answer:
    body = {"refresh_token": who.tokens["refresh_token"]}
    return await api.http.post("/auth/refresh", json=body)


def reset_requests(settings: Settings) -> list[tuple[PasswordResetId, UUID | None]]:
    """The requests for a new password in the log with their accounts, the oldest first."""
    with psycopg.connect(settings.database.url_or_fail) as connection:
        rows = connection.execute(
            "SELECT originator_id,"
            " (convert_from(state, 'UTF8')::jsonb -> 'event' ->> 'account_id')::uuid"
            " FROM stored_events WHERE topic = 'password_reset.requested' ORDER BY notification_id"
        ).fetchall()
    return [(PasswordResetId(stream), account) for stream, account in rows]


async def reset_link(api: Api, reset_id: PasswordResetId, *, minutes: float = 15) -> str:
    """The token of the link that sets a new password."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    return api.parts.endpoints.links.write(PasswordResetLink(reset_id=reset_id, until=until))


async def address_link(api: Api, account_id: AccountId, address: str, *, hours: float = 48) -> str:
    """The token of the link that proves that the account reads the mail of an address."""
    until = datetime.now(UTC) + timedelta(hours=hours)
    return api.parts.endpoints.links.write(
        AccountAddressLink(account_id=account_id, address=address, until=until)
    )
