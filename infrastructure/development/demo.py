"""The demo account, for a person who starts Annals for the first time."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import msgspec

from application.command import Context
from application.commands.identity.accounts import RegisterAccount
from application.parts import AdministrationParts
from application.ports.startup import CannotStart
from domain.vocabulary import AccountId
from infrastructure.development.embedded.folder import kept_secret

EMAIL = "demo@annals.example"
READY = "/health/ready"
READY_TIMEOUT_SECONDS = 20.0
LOGIN_TIMEOUT_SECONDS = 60.0
LOGIN_RETRY_SECONDS = 0.5


async def wait_until_ready(address: str) -> None:
    """Wait until the API at this address is ready.

    Raises:
        CannotStart: it is not ready in time.
    """
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while True:
        status, answer = await _request(address + READY)
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise CannotStart(f"The API does not become ready: {answer.decode(errors='replace')}")
        await asyncio.sleep(0.02)


async def register_demo(parts: AdministrationParts, password: str, *, now: datetime) -> AccountId:
    """Register the demo account. Its address is verified, so that mail reaches the mail catcher.

    Raises:
        EmailTaken: it is registered already.
        Unavailable: the store cannot be reached.
    """
    account = AccountId(uuid4())
    await parts.passwords.set(account, password)
    register = RegisterAccount(
        account_id=account,
        email=EMAIL,
        name=EMAIL.partition("@")[0],
        address_stream=parts.names().address_stream(EMAIL),
        verified=True,
    )
    await parts.commands.handle(
        register, Context(actor=str(account), now=now, correlation_id=uuid4())
    )
    return account


async def demo_token(
    address: str, password_file: Path, register: Callable[[], Awaitable[None]]
) -> str:
    """Return an access token of the demo account; `register` is called if there is none yet.

    Raises:
        CannotStart: the account cannot log in.
    """
    account = {"email": EMAIL, "password": kept_secret(password_file)}
    deadline = time.monotonic() + LOGIN_TIMEOUT_SECONDS
    registered = False
    while True:
        status, answer = await _request(f"{address}/api/v1/auth/login", account)
        if status // 100 == 2:
            return str(msgspec.json.decode(answer)["access_token"])
        if status in {401, 404} and not registered:
            await register()
            registered = True
            continue
        # 429: after many starts in a row. The others: the process died, and is started again.
        later = status == 429 or status == 0 or status // 100 == 5
        if not later or time.monotonic() > deadline:
            raise CannotStart(f"The demo account cannot log in: {answer.decode(errors='replace')}")
        await asyncio.sleep(LOGIN_RETRY_SECONDS)


# Our own loopback address must not go through a proxy.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


async def _request(url: str, body: dict[str, str] | None = None) -> tuple[int, bytes]:
    return await asyncio.to_thread(_request_blocking, url, body)


def _request_blocking(url: str, body: dict[str, str] | None) -> tuple[int, bytes]:
    request = urllib.request.Request(  # noqa: S310 - always our own address
        url,
        data=msgspec.json.encode(body) if body else None,
        headers={"Content-Type": "application/json"},
    )
    try:
        with _OPENER.open(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()
    except (OSError, HTTPException) as error:  # it does not listen, or does not answer
        return 0, str(error).encode()
