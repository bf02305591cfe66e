"""Given what happened, when someone asks, then this happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from application.command import Command
from domain.aggregate import Aggregate, fold
from domain.errors import DomainError
from domain.events.recorded import AnyEvent
from tests.support.facts import ADA, EIGHT, context, history


class Given:
    def __init__(self, *past: AnyEvent) -> None:
        self._past = past

    def when(self, command: Command[Any], *, now: datetime = EIGHT, by: str = str(ADA)) -> When:
        past = history(*self._past, stream=command.stream_id)
        return When(fold(command.initial(), past), command, now, by)


class When:
    def __init__(self, state: Aggregate, command: Command[Any], now: datetime, by: str) -> None:
        self._state, self._command = state, command
        self._context = context(actor=by, now=now)

    def then(self, *expected: AnyEvent) -> None:
        assert self._decide() == list(expected)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, error: type[DomainError]) -> None:
        with pytest.raises(error):
            self._decide()

    def _decide(self) -> list[AnyEvent]:
        self._command.authorize(self._state, self._context)
        return list(self._command.decide(self._state, self._context))


given = Given
