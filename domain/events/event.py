"""The base of all events."""

from domain.record import Record


class Event(Record):
    """Something that happened, in the past tense."""
