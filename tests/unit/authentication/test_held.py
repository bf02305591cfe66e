"""Identities in use: when they are looked up again, and when they end."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from application.ports.identity import BadToken, Identity
from application.ports.unavailable import Unavailable
from domain.vocabulary import AccountId
from infrastructure.authentication.held import HeldIdentities

pytestmark = pytest.mark.anyio

OWNER = Identity(
    account_id=AccountId(UUID(int=1)),
    actor=str(UUID(int=1)),
    roles=frozenset(),
    session_id=UUID(int=2),
    expires_at=2**31,
)
ELSEWHERE = replace(OWNER, session_id=UUID(int=3))


class Sessions:
    """Answers look-ups, and keeps count of them."""

    def __init__(self) -> None:
        self.ended: set[UUID | None] = set()
        self.asked: list[UUID | None] = []
        self.away = False

    async def look_up(self, identity: Identity) -> Identity:
        if self.away:
            raise Unavailable("The database does not answer.")
        self.asked.append(identity.session_id)
        if identity.session_id in self.ended:
            raise BadToken("The session has ended. Log in again.")
        return identity


async def test_all_streams_of_a_session_need_a_single_look_up() -> None:
    sessions = Sessions()
    held = HeldIdentities(sessions.look_up)
    with held.hold(OWNER), held.hold(replace(OWNER, expires_at=1)), held.hold(ELSEWHERE):
        await held.check()
        await held.check()
    assert sorted(map(str, sessions.asked)) == [str(UUID(int=2)), str(UUID(int=3))]


async def test_all_streams_of_an_ended_session_end_and_no_others() -> None:
    sessions = Sessions()
    held = HeldIdentities(sessions.look_up)
    with held.hold(OWNER) as one, held.hold(OWNER) as two, held.hold(ELSEWHERE) as other:
        await held.check()
        sessions.ended = {OWNER.session_id}
        held.doubt([OWNER.account_id])
        await held.check()
        assert [stream.ended.is_set() for stream in (one, two, other)] == [True, True, False]


async def test_what_could_not_be_looked_up_stays_doubtful() -> None:
    sessions = Sessions()
    sessions.ended, sessions.away = {OWNER.session_id}, True
    held = HeldIdentities(sessions.look_up)
    with held.hold(OWNER) as one, held.hold(OWNER) as two:
        await held.check()
        assert not one.ended.is_set()
        sessions.away = False
        await held.check()
        assert one.ended.is_set()
        assert two.ended.is_set()
