"""Tells which entries of the log may be public, whether or not this release can read them."""

from domain.events.recorded import Recorded
from infrastructure.store.event_log import Undecodable
from infrastructure.store.mapper import is_foreign, topic_of
from projections.publishing.public_events import PRIVATE_EVENTS, PUBLIC_EVENTS

PRIVATE_TOPICS = frozenset(topic_of(event) for event in PRIVATE_EVENTS)


def may_be_public(entry: Recorded | Undecodable) -> bool:
    """Return whether an entry is public, or cannot be read and is not known to be private."""
    if isinstance(entry, Undecodable):
        return entry.topic not in PRIVATE_TOPICS and not is_foreign(entry.topic)
    return type(entry.event) in PUBLIC_EVENTS
