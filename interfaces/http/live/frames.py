"""The frames of a stream of Server-Sent Events: named by their types, or all of them messages."""

from collections.abc import Mapping

from msgspec import field

from application.ports.live import LiveEvent
from domain.record import Record
from projections.publishing.public_events import PUBLIC_EVENT_LIST
from projections.words.change_words import event_words, the_thing
from projections.words.event_words import EVENT_WORDS
from projections.words.language import Language
from projections.words.trail_words import TRAIL_WORDS

# What a stream says of itself, beside the events.
SIGNALS = ("listening", "resync", "expired")


class Sentence(Record):
    """What an event did, in English and German."""

    en: str
    de: str


def _sentence(tag: str) -> Sentence:
    kind = tag.partition(".")[0]
    english, german = (event_words(tag, the_thing(kind, each), each) for each in Language)
    return Sentence(en=english, de=german)


_WORDS = {tag: _sentence(tag) for tag in EVENT_WORDS} | {
    tag: Sentence(en=english, de=german) for tag, (english, german) in TRAIL_WORDS.items()
}


class EventTypes(Record):
    """Every name that a frame of a stream can have: `EventSource` needs a listener for each.
    `words` says in a sentence what each event of a history or the audit trail did."""

    events: tuple[str, ...] = tuple(sorted(public.type for public in PUBLIC_EVENT_LIST))
    signals: tuple[str, ...] = SIGNALS
    words: Mapping[str, Sentence] = field(default_factory=lambda: _WORDS)


class Frames:
    """Writes frames. Without names, each is a `message`, and its data has the type."""

    def __init__(self, *, named: bool) -> None:
        self._named = named

    def event(self, event: LiveEvent) -> bytes:
        name = b"event: %b\n" % event.type.encode() if self._named else b""
        return b"id: %d\n%bdata: %b\n\n" % (event.position, name, event.json)

    def signal(self, name: str, position: int | None = None) -> bytes:
        """Return a frame of one of SIGNALS; with a position, a client can resume there."""
        place = b"" if position is None else b"id: %d\n" % position
        signal = name.encode()
        if self._named:
            return b"%bevent: %b\ndata: {}\n\n" % (place, signal)
        return b'%bdata: {"type":"%b"}\n\n' % (place, signal)
