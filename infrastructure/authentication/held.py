"""The identities of open streams and sockets: each ends when its session, token or account does."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from application.ports.identity import BadToken, Identity
from application.ports.unavailable import Unavailable


class Held:
    """An identity in use. `ended` is set when it is no longer valid."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.ended = asyncio.Event()
        self.doubtful = False

    def renew(self, identity: Identity) -> None:
        """Go on with another credential of the same account."""
        self.identity = identity


class HeldIdentities:
    """Looks up again what the log has made doubtful, and ends what is no longer valid."""

    def __init__(self, look_up: Callable[[Identity], Awaitable[Identity]]) -> None:
        self._look_up = look_up
        self._held: set[Held] = set()

    @contextmanager
    def hold(self, identity: Identity) -> Iterator[Held]:
        held = Held(identity)
        held.doubtful = True  # it may have ended since it was proved
        self._held.add(held)
        try:
            yield held
        finally:
            self._held.discard(held)

    def doubt(self, ids: Collection[UUID]) -> None:
        """Let the identities of these accounts and sessions be looked up."""
        for held in self._held:
            if held.identity.account_id in ids or held.identity.session_id in ids:
                held.doubtful = True

    def doubt_all(self) -> None:
        for held in self._held:
            held.doubtful = True

    async def check(self) -> None:
        """Look up what is doubtful. While the database does not answer, it stays doubtful."""
        for held in [held for held in self._held if held.doubtful]:
            identity = held.identity
            held.doubtful = False
            try:
                await self._look_up(identity)
            except BadToken:
                if held.identity is identity:
                    held.ended.set()
            except Unavailable:
                held.doubtful = True
                return
