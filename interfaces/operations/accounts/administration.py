"""What the commands for accounts share: the open parts, and the account that is named."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from application.parts import AdministrationParts
from domain.errors import AccountNotFound
from domain.identity.account import Account
from domain.vocabulary import AccountId
from infrastructure.bootstrap import load_settings, open_administration
from interfaces.cli.cli_errors import reported_errors

T = TypeVar("T")


def administer(work: Callable[[AdministrationParts], Awaitable[T]]) -> T:
    """Do work with the database that the settings name, and return its result; an error ends the
    process with a sentence."""

    async def main() -> T:
        async with open_administration(load_settings()) as parts:
            return await work(parts)

    with reported_errors():
        return asyncio.run(main())


async def account_named(parts: AdministrationParts, email_or_id: str) -> AccountId:
    """Return the account with this email address or id.

    Raises:
        AccountNotFound: there is none.
    """
    if "@" in email_or_id:
        found = await parts.streams.account_with_email(email_or_id)
        if found is not None:
            return found
    else:
        try:
            account = await parts.commands.current_state(Account(), UUID(email_or_id))
        except ValueError:
            raise AccountNotFound(email_or_id) from None
        if account.id is not None:
            return account.id
    raise AccountNotFound(email_or_id)
