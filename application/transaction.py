"""Commands that see each other's events and are recorded together, or not at all."""

from collections.abc import Sequence
from uuid import UUID

from application.command_handler import CommandHandler
from application.ports.event_store import LAST_VERSION, EventStore, HistoryChanged
from application.ports.limits import Quotas
from domain.errors import Conflict
from domain.events.recorded import Recorded

# Positions of events that are not recorded yet; the log never grows so far.
UNKNOWN_POSITIONS = 2**62


class Transaction:
    """Carries out commands by `commands`; nothing is recorded before `commit`.

    Each command is decided, refused and repeated by its key as it would be alone, on what the log
    has and what the commands before it decided. Events that are not recorded have positions from
    `UNKNOWN_POSITIONS` on.
    """

    def __init__(self, commands: CommandHandler) -> None:
        self._store = _PendingStore(commands.store)
        self.commands = CommandHandler(self._store)

    async def commit(self, actor: str, quotas: Quotas | None = None) -> Sequence[int]:
        """Record the events of all commands; return their positions, in order.

        Raises:
            Conflict: another command was recorded first on one of the streams, or the database has
                another history than the commands were decided on.
            QuotaExceeded: the account may not record them.
            Unavailable: the store cannot be reached; nothing was acknowledged.
        """
        events = self._store.pending
        if not events:
            await self._store.confirm()
            return ()
        admission = await quotas.admit(actor, events) if quotas else None
        try:
            positions = await self._store.append_pending()
        except (Conflict, HistoryChanged) as refused:
            if admission is not None:
                admission.refused()
            if isinstance(refused, Conflict):
                raise
            raise Conflict(events[0].originator_id) from refused
        if admission is not None:
            admission.recorded(positions)
        return positions


class _PendingStore:
    """Implements `application.ports.EventStore`: what is appended stays in memory."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.epoch = store.epoch
        self.pending: list[Recorded] = []
        self._streams: dict[UUID, list[Recorded]] = {}

    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        own = self._streams.get(stream_id, ())
        # What others record meanwhile on a stream that has pending events is found at the commit.
        last = min(until, own[0].originator_version - 1) if own else until
        past = await self._store.load(stream_id, after=after, until=last) if after < last else ()
        return [*past, *(each for each in own if after < each.originator_version <= until)]

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        last = {stream: own[-1].originator_version for stream, own in self._streams.items()}
        for event in events:
            stream, version = event.originator_id, event.originator_version
            if version != last.get(stream, version - 1) + 1:
                raise Conflict(stream)
            last[stream] = version
        first = UNKNOWN_POSITIONS + len(self.pending)
        for event in events:
            self.pending.append(event)
            self._streams.setdefault(event.originator_id, []).append(event)
        return range(first, first + len(events))

    async def append_pending(self) -> Sequence[int]:
        if self._store.epoch != self.epoch:
            raise HistoryChanged
        return await self._store.append(self.pending, epoch=self.epoch)

    async def confirm(self) -> None:
        await self._store.confirm()
