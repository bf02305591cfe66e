"""A stream as it was: folded from its history up to a version or a moment."""

from datetime import datetime
from itertools import takewhile

from application.command import Context, Stream
from application.command_handler import Receipt
from application.ports.event_store import LAST_VERSION, StreamReader
from application.state_cache import load_authorized
from domain.aggregate import State, fold
from domain.errors import NotFound


class NotYet(NotFound):
    """The stream exists, but did not yet at that moment or in that version."""


async def as_it_was(
    store: StreamReader,
    stream: Stream[State],
    context: Context,
    *,
    version: int | None = None,
    at: datetime | None = None,
) -> Receipt[State]:
    """Return the state at `version`, or at the moment `at`, if the actor may see it.

    Raises:
        NotFound: there is no such stream, it belongs to another account, or it began later.
    """
    history = await load_authorized(
        store,
        stream.initial(),
        stream.stream_id,
        lambda state: stream.authorize(state, context),
        until=LAST_VERSION if version is None else version,
    )
    # All up to a moment, never some of it: earlier releases let time go backwards in a stream.
    past = list(
        takewhile(
            lambda recorded: (
                (version is None or recorded.originator_version <= version)
                and (at is None or recorded.recorded_at <= at)
            ),
            history,
        )
    )
    if not past or (version is not None and past[-1].originator_version != version):
        raise NotYet("There is no such version." if version else "It did not exist then.")
    return Receipt(state=fold(stream.initial(), past), position=past[-1].position)
