"""A connection ends when no request came for long, however often its timer looked before."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from interfaces.http.server.kept_connection import KeptConnection

SECONDS = 60


class Timer:
    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """The loop, as far as a connection asks it for the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, callback))
        return self.timers[-1]

    def go_to(self, now: float) -> None:
        due = [timer for timer in self.timers if timer.at <= now]
        self.timers = [timer for timer in self.timers if timer.at > now]
        for timer in due:
            self.now = timer.at
            if not timer.cancelled:
                timer.callback()
        self.now = now


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """The signature matters: uvicorn calls what it can call without arguments, as a factory."""
    raise NotImplementedError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connection(clock: Clock) -> KeptConnection:
    config = uvicorn.Config(nothing, interface="asgi3", log_config=None, timeout_keep_alive=SECONDS)
    loop: Any = clock
    connection = KeptConnection(config, ServerState(), {}, _loop=loop)
    connection.connection_made(Wire())
    return connection


def answer_at(clock: Clock, connection: KeptConnection, moment: float) -> None:
    clock.go_to(moment)
    connection.data_received(b"")  # the first bytes of a request
    connection.on_response_complete()


def test_a_connection_without_requests_is_closed(clock: Clock, connection: KeptConnection) -> None:
    answer_at(clock, connection, 0)
    clock.go_to(SECONDS - 1)
    assert not connection.transport.is_closing()
    clock.go_to(SECONDS)
    assert connection.transport.is_closing()


def test_each_answer_gives_the_next_request_the_whole_time(
    clock: Clock, connection: KeptConnection
) -> None:
    for moment in (0, 40, 80, 139):
        answer_at(clock, connection, moment)
        assert len(clock.timers) == 1
    clock.go_to(139 + SECONDS - 1)
    assert not connection.transport.is_closing()
    clock.go_to(139 + SECONDS)
    assert connection.transport.is_closing()


def test_a_request_in_progress_is_not_idle(clock: Clock, connection: KeptConnection) -> None:
    answer_at(clock, connection, 0)
    clock.go_to(10)
    connection.data_received(b"")
    clock.go_to(500)
    assert not connection.transport.is_closing()
    connection.on_response_complete()
    clock.go_to(500 + SECONDS)
    assert connection.transport.is_closing()
