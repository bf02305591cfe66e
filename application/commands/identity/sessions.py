"""Requests to start and to end a session."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, Stream
from application.policy import may_access
from domain.errors import SessionNotFound
from domain.events.identity.sessions import SessionStarted
from domain.identity.session import Session
from domain.vocabulary import SessionEnd, SessionId


class SessionStream(Stream[Session]):
    """The stream of one session."""

    session_id: SessionId

    @property
    def stream_id(self) -> UUID:
        return self.session_id

    def initial(self) -> Session:
        return Session()

    def authorize(self, state: Session, context: Context) -> None:
        if not may_access(state.account_id, context):
            raise SessionNotFound(self.session_id)


class StartSession(SessionStream, Command[Session]):
    """Start a session of an account that has proved who it is."""

    starts_stream: ClassVar[bool] = True

    started: SessionStarted

    def authorize(self, state: Session, context: Context) -> None:
        """The caller has verified the password, or what takes its place."""

    def decide(self, state: Session, context: Context) -> Events:
        return [self.started]


class EndSession(SessionStream, Command[Session]):
    """End a session. The caller has checked whose it is; one without a stream has no end."""

    reason: SessionEnd

    def authorize(self, state: Session, context: Context) -> None:
        """Rules end sessions as well, and administrators those of others."""

    def decide(self, state: Session, context: Context) -> Events:
        return state.ended(self.reason)
