"""Selects the entries of the log that a view or a reaction listens to."""

from collections.abc import Iterable
from typing import ClassVar, Protocol

from domain.events.event import Event
from domain.events.recorded import Recorded
from infrastructure.store.event_log import Page, Undecodable
from infrastructure.store.mapper import KNOWN_TOPICS, is_foreign, topic_of


class EventConsumer(Protocol):
    """A view or a reaction: anything that follows the log for certain types of facts."""

    listens_to: ClassVar[tuple[type[Event], ...]]


class EventFilter:
    """Passes the entries that concern `consumer`; `topics` are the names they are stored under."""

    def __init__(self, consumer: EventConsumer) -> None:
        self._types = frozenset(consumer.listens_to)
        self.topics = frozenset(topic_of(event) for event in consumer.listens_to)

    def of_page(self, page: Page) -> list[Recorded | Undecodable]:
        """Return what `select` does of a page; most pages have nothing for most readers."""
        if page.types is not None and self._types.isdisjoint(page.types):
            return []
        return self.select(page.entries)

    def select(self, entries: Iterable[Recorded | Undecodable]) -> list[Recorded | Undecodable]:
        """Return the entries of these types, and entries of ours whose topic is unknown."""
        return [
            entry
            for entry in entries
            if (
                entry.topic in self.topics
                or (entry.topic not in KNOWN_TOPICS and not is_foreign(entry.topic))
                if isinstance(entry, Undecodable)
                else type(entry.event) in self._types
            )
        ]
