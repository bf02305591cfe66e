"""A session starts and ends once."""

from uuid import UUID

import pytest

from application.commands.identity.sessions import EndSession, SessionStream, StartSession
from domain.errors import SessionNotFound
from domain.events.identity.sessions import SessionEnded, SessionStarted
from domain.identity.session import Session
from domain.vocabulary import SessionEnd, SessionId, SignInMethod
from tests.support.facts import ADA, BOB, context
from tests.support.scenario import given

SESSION = SessionId(UUID(int=0x5E))
STARTED = SessionStarted(
    account_id=ADA, method=SignInMethod.PASSWORD, device="Firefox on Linux", address="5f0c2b1e"
)
ENDED = SessionEnded(account_id=ADA, reason=SessionEnd.LOGOUT)


def end(reason: SessionEnd) -> EndSession:
    return EndSession(session_id=SESSION, reason=reason)


def test_a_session_starts_with_how_and_from_where() -> None:
    given().when(StartSession(session_id=SESSION, started=STARTED)).then(STARTED)


def test_a_session_ends_once_and_the_first_reason_counts() -> None:
    given(STARTED).when(end(SessionEnd.LOGOUT)).then(ENDED)
    given(STARTED, ENDED).when(end(SessionEnd.REUSED)).then_nothing()


def test_a_session_that_was_never_recorded_has_no_end() -> None:
    given().when(end(SessionEnd.EXPIRED)).then_nothing()


def test_a_session_is_seen_by_its_account_alone() -> None:
    state = given(STARTED).state(Session(), SESSION)
    assert isinstance(state, Session)
    stream = SessionStream(session_id=SESSION)
    stream.authorize(state, context())
    with pytest.raises(SessionNotFound):
        stream.authorize(state, context(actor=str(BOB)))
