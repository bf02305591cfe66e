"""What every fact is."""

from domain.record import Record


class Event(Record):
    """A fact."""
