"""Real implementations of the ports that keep everything in memory."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from application.channels import Delivery, DeliveryFailed
from application.ports.event_store import LAST_VERSION, HistoryChanged
from domain.errors import Conflict
from domain.events.recorded import Recorded


class MemoryEventStore:
    """Implements `application.ports.EventStore`; `log` is all of it, in order."""

    def __init__(self) -> None:
        self.log: list[Recorded] = []
        self.epoch = 0

    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        return [
            past
            for past in self.log
            if past.originator_id == stream_id and after < past.originator_version <= until
        ]

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        if epoch not in {None, self.epoch}:
            raise HistoryChanged
        taken = {(past.originator_id, past.originator_version) for past in self.log}
        for event in events:
            if (event.originator_id, event.originator_version) in taken:
                raise Conflict(event.originator_id)
        recorded = taken | {(event.originator_id, event.originator_version) for event in events}
        for event in events:
            before = (event.originator_id, event.originator_version - 1)
            if event.originator_version > 1 and before not in recorded:
                raise HistoryChanged
        start = len(self.log) + 1
        positions = list(range(start, start + len(events)))
        self.log += [
            replace(event, position=position)
            for event, position in zip(events, positions, strict=True)
        ]
        return positions

    async def confirm(self) -> None:
        """What is in memory is as durable as it will ever be."""

    def rewind(self, position: int) -> None:
        """Forget what was recorded after `position`, as a failover to a standby may."""
        self.log = [past for past in self.log if past.position <= position]
        self.epoch += 1


class MemoryChannel:
    """Implements `application.channels.Channel`.

    `delivered` is all of it, in order; `failures` says, by address, how an attempt fails.
    """

    name: ClassVar[str] = "memory"

    def __init__(self) -> None:
        self.delivered: list[Delivery] = []
        self.failures: dict[str, DeliveryFailed] = {}

    def deliver(self, delivery: Delivery) -> None:
        if failure := self.failures.get(delivery.address):
            raise failure
        self.delivered.append(delivery)


class MemoryPresence:
    """Implements `application.ports.limits.Presence`; `online` holds the accounts."""

    def __init__(self) -> None:
        self.online: set[UUID] = set()

    async def is_online(self, account: UUID) -> bool:
        return account in self.online
