"""Reads streams of the log: their events, their past states, and the account of an email."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from application import time_travel
from application.command import Context, Stream
from application.command_handler import Receipt
from application.ports.event_store import StreamReader
from domain.aggregate import State, fold
from domain.events.recorded import Recorded
from domain.identity.email_claim import EmailClaim
from domain.vocabulary import AccountId


class StreamQueries:
    """Answers come from the log itself, so they are never behind it, as a view may be.

    `address_stream` names the stream of an email address; whole histories are read by `histories`.
    """

    def __init__(
        self,
        store: StreamReader,
        address_stream: Callable[[str], UUID],
        *,
        histories: StreamReader | None = None,
    ) -> None:
        self._store = store
        self._address_stream = address_stream
        self._histories = histories or store

    async def events(self, stream_id: UUID) -> Sequence[Recorded]:
        """Return the events of one stream, oldest first.

        Raises:
            Unavailable: the store cannot be reached.
        """
        return await self._histories.load(stream_id)

    async def account_with_email(self, email: str) -> AccountId | None:
        """Return the account that an email address belongs to at present.

        Raises:
            Unavailable: the store cannot be reached.
        """
        claims = await self._store.load(self._address_stream(email))
        return fold(EmailClaim(), claims).account_id

    async def as_it_was(
        self,
        stream: Stream[State],
        context: Context,
        *,
        version: int | None = None,
        at: datetime | None = None,
    ) -> Receipt[State]:
        """Return the state at `version`, or at the moment `at`, if the client may see `stream`.

        Raises:
            NotFound: there is no such stream, it belongs to someone else, or it began later.
            Unavailable: the store cannot be reached.
        """
        return await time_travel.as_it_was(self._histories, stream, context, version=version, at=at)
