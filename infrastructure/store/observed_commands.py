"""The command handler with metrics and traces, as all processes use it."""

import time
from functools import partial
from typing import Any

from msgspec.structs import replace

from application.command import Command, Context, IdempotencyKey
from application.command_handler import CommandHandler, Receipt
from application.ports.limits import Quotas
from application.ports.unavailable import Unavailable
from domain.aggregate import State
from domain.errors import Conflict, DomainError, VersionMismatch
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import COMMAND_DURATION, COMMANDS

# Finding a metric by its labels takes longer than increasing it.
_outcomes: dict[tuple[str, str], Any] = {}
_durations: dict[str, Any] = {}


class ObservedCommands(CommandHandler):
    async def handle(
        self,
        command: Command[State],
        context: Context,
        *,
        expected_version: int | None = None,
        key: IdempotencyKey | None = None,
        quotas: Quotas | None = None,
        retry_forever: bool = False,
    ) -> Receipt[State]:
        name = type(command).__name__
        began, outcome = time.perf_counter(), "failed"
        try:
            handling = partial(
                super().handle,
                command,
                expected_version=expected_version,
                key=key,
                quotas=quotas,
                retry_forever=retry_forever,
            )
            if tracing.on():
                with tracing.span(name, parent=context.traceparent) as span:
                    receipt = await handling(replace(context, traceparent=span.traceparent))
            else:
                receipt = await handling(context)
            outcome = _outcome(receipt)
        except (Conflict, VersionMismatch):
            outcome = "conflict"
            raise
        except DomainError:
            outcome = "refused"
            raise
        except Unavailable:
            outcome = "unavailable"
            raise
        else:
            return receipt
        finally:
            _count(name, outcome, time.perf_counter() - began)


def _outcome(receipt: Receipt[Any]) -> str:
    if receipt.replayed:
        return "replayed"
    return "recorded" if receipt.changed else "unchanged"


def _count(name: str, outcome: str, seconds: float) -> None:
    outcomes = _outcomes.get((name, outcome))
    if outcomes is None:
        outcomes = _outcomes[name, outcome] = COMMANDS.labels(name, outcome)
    outcomes.inc()
    durations = _durations.get(name)
    if durations is None:
        durations = _durations[name] = COMMAND_DURATION.labels(name)
    durations.observe(seconds)
