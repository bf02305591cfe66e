"""The identities of open streams and sockets: each ends when its session, token or account does."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from application.ports.identity import BadToken, Identity
from application.ports.signal import Signal
from application.ports.unavailable import Unavailable


class Held:
    """An identity in use. `ended` is set when it is no longer valid."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.ended = Signal()
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
        """Look up what is doubtful, once for each session and token. While the database does not
        answer, it stays doubtful."""
        for alike in _by_credential(held for held in self._held if held.doubtful).values():
            for held in alike:
                held.doubtful = False
            identity = alike[0].identity
            try:
                await self._look_up(identity)
            except BadToken:
                for held in alike:
                    if _credential(held.identity) == _credential(identity):
                        held.ended.set()
            except Unavailable:
                for held in alike:
                    held.doubtful = True
                return


def _credential(identity: Identity) -> tuple[UUID, UUID | None, UUID | None]:
    return identity.account_id, identity.session_id, identity.token_id


def _by_credential(held: Iterable[Held]) -> dict[object, list[Held]]:
    """Thousands of streams may be open with one session: a single look-up answers for all."""
    found: defaultdict[object, list[Held]] = defaultdict(list)
    for one in held:
        found[_credential(one.identity)].append(one)
    return found
