"""Facts for tests, with everything about them that rarely matters filled in."""

from datetime import UTC, datetime
from uuid import UUID

from application.command import Context
from domain.events.recorded import AnyEvent, Recorded
from domain.vocabulary import AccountId, ListId, TaskId

TASK = TaskId(UUID(int=1))
LIST = ListId(UUID(int=0x11))
ADA = AccountId(UUID(int=0xADA))
BOB = AccountId(UUID(int=0xB0B))
EIGHT, NINE, TEN = (datetime(2030, 1, 1, hour, tzinfo=UTC) for hour in (8, 9, 10))


def context(*, actor: str = str(ADA), now: datetime = EIGHT) -> Context:
    return Context(actor=actor, now=now, correlation_id=UUID(int=0xC0))


def recorded(
    event: AnyEvent,
    *,
    version: int = 1,
    stream: UUID = TASK,
    at: datetime = EIGHT,
    actor: str = str(ADA),
    position: int = 0,
) -> Recorded:
    return Recorded(
        event=event,
        originator_id=stream,
        originator_version=version,
        recorded_at=at,
        actor=actor,
        correlation_id=UUID(int=0xC0),
        position=position,
    )


def history(*events: AnyEvent, stream: UUID = TASK, at: datetime = EIGHT) -> list[Recorded]:
    return [recorded(e, version=n, stream=stream, at=at) for n, e in enumerate(events, start=1)]
