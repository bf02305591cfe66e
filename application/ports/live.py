"""Ports for live updates: the public events of one account, as they happen."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from domain.record import Record
from domain.vocabulary import AccountId


class LiveEvent(Record):
    """One public event: `json` is the CloudEvent in the structured mode."""

    position: int
    type: str
    subject: str
    json: bytes


class Resync(Record):
    """The listener has missed events and should read everything again, from `position` on.

    It is too far behind, the database has another history, or an event cannot be read.
    """

    position: int


class Closed(Exception):
    """This process stops; the listener continues elsewhere from its position."""


class LiveListener(Protocol):
    @property
    def position(self) -> int:
        """Return the position of the last event returned."""
        ...

    def seek(self, position: int) -> None:
        """Continue after `position`."""
        ...

    async def next_events(self, *, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        """Return the next events in order; none if none came within `timeout_seconds`.

        Raises:
            Closed: this process stops.
            Unavailable: missed events cannot be read.
        """
        ...


class LiveFeed(Protocol):
    async def run(self) -> Any:
        """Follow the log until cancelled."""
        ...

    def listen(
        self, owner: AccountId, *, after: int | None = None
    ) -> AbstractAsyncContextManager[LiveListener]:
        """Listen to the events of `owner` after the position `after`, or from now on."""
        ...

    async def pause(self, signal: asyncio.Event, *, timeout_seconds: float) -> None:
        """Wait until `signal` is set, at most `timeout_seconds`.

        Raises:
            Closed: this process stops.
        """
        ...

    def close(self) -> None:
        """End all listeners."""
        ...
