"""Turns entries of the log into what clients are given: an event, or a resync in its place."""

import msgspec
import structlog

from application.ports.live import LiveEvent, Resync
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId
from infrastructure.store.event_log import Undecodable, topic
from projections.publishing.cloud_events import to_cloud_event

log = structlog.get_logger()

MAX_TOPICS_LOGGED = 1_000  # topics; the log of a newer release may have any

_json = msgspec.json.Encoder()


class LiveEvents:
    """Converts public entries; `source` is the CloudEvents attribute.

    `gaps` counts the entries that could not be converted. The first of each topic is logged;
    `annals dead list` has them all.
    """

    def __init__(self, *, source: str) -> None:
        self._source = source
        self.gaps = 0
        self._logged: set[str] = set()

    def of(self, entry: Recorded | Undecodable, owner: AccountId | None) -> LiveEvent | Resync:
        """Return the event for `owner`, who must resync where it cannot be read or published.

        No owner is known where the first event of a stream cannot be read.
        """
        if isinstance(entry, Undecodable):
            return self._gap(entry, entry.error)
        if owner is None:
            return self._gap(entry, "the owner of the event is unknown")
        try:
            event = to_cloud_event(entry, owner, source=self._source)
        except Exception as error:
            return self._gap(entry, repr(error))
        if event is None:
            return self._gap(entry, "the event is not public")
        return LiveEvent(
            position=entry.position,
            type=event.type,
            subject=event.subject,
            json=_json.encode(event),
        )

    def _gap(self, entry: Recorded | Undecodable, error: str) -> Resync:
        self.gaps += 1
        if topic(entry) not in self._logged and len(self._logged) < MAX_TOPICS_LOGGED:
            self._logged.add(topic(entry))
            log.error(
                "live_event_unreadable",
                position=entry.position,
                stream=str(entry.originator_id),
                version=entry.originator_version,
                topic=topic(entry),
                error=error,
            )
        return Resync(position=entry.position)
