"""Fills a year of history for the demo account, through the commands that people use."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid5

from application.command import Context
from application.parts import AdministrationParts
from application.ports.startup import Progress
from domain.errors import DomainError
from domain.vocabulary import AccountId
from infrastructure.development.demo import EMAIL, register_demo
from infrastructure.development.sample_script import YEAR, SampleStep, first_task, script

SHOWN_EVERY = 50  # steps


async def fill_sample(parts: AdministrationParts, password: str, progress: Progress) -> int:
    """Carry out the steps that are not carried out yet; return how many those were.

    Call it while nothing follows the log: then no reaction acts today on what is long past.

    Raises:
        Unavailable: the store cannot be reached.
    """
    account = await parts.streams.account_with_email(EMAIL)
    if account is None:
        account = await register_demo(parts, password, now=datetime.now(UTC) - YEAR)
    begun = await parts.streams.events(first_task(account))
    now = begun[0].recorded_at + YEAR if begun else datetime.now(UTC)
    steps = script(account, now)
    if await _is_done(parts, steps[-1], {}):
        return 0
    return await _carry_out(parts, account, steps, progress)


async def _carry_out(
    parts: AdministrationParts, account: AccountId, steps: Sequence[SampleStep], progress: Progress
) -> int:
    carried_out, seen = 0, dict[UUID, datetime | None]()
    for number, step in enumerate(steps):
        if number % SHOWN_EVERY == 0:
            progress.step(f"filling a year of history, {number:,} of {len(steps):,} steps")
        if await _is_done(parts, step, seen):
            continue
        context = Context(
            actor=f"system:{step.reaction}" if step.reaction else str(account),
            now=step.at,
            correlation_id=uuid5(step.command.stream_id, step.at.isoformat()),
        )
        # A person may have changed the tasks since an interrupted run.
        with suppress(DomainError):
            await parts.commands.handle(step.command, context)
            carried_out += 1
    return carried_out


async def _is_done(
    parts: AdministrationParts, step: SampleStep, seen: dict[UUID, datetime | None]
) -> bool:
    """Return whether the stream of the step had events at, or after, its moment before this run.

    `seen` holds the time of the last of those events of each stream.
    """
    stream = step.command.stream_id
    if stream not in seen:
        events = await parts.streams.events(stream)
        seen[stream] = events[-1].recorded_at if events else None
    last = seen[stream]
    return last is not None and last >= step.at
