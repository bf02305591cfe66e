"""Runs the projector: every view and every reaction follows the log."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from application.command_handler import CommandHandler
from application.reactions.reaction import Reaction
from infrastructure.following.subscription import follow
from infrastructure.following.turns import ReaderTurns
from infrastructure.projecting.event_counter import EventCounter
from infrastructure.projecting.reactor import Reactor
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.store.event_log import EventLog
from projections.catalogue import PATIENT_VIEWS
from projections.view import View


async def project(
    url: str,
    events: EventLog,
    *,
    views: Sequence[View[Any]],
    reactions: Sequence[Reaction] = (),
    commands: CommandHandler,
    tally: bool = False,
    refold: Callable[[View[Any]], Awaitable[object]] | None = None,
) -> None:
    """Keep `views` up to date and carry out `reactions`, until cancelled.

    `tally` counts events for Prometheus, too. `refold` makes a view anew that shows events which
    the log no longer has.
    """
    turns = ReaderTurns()
    async with asyncio.TaskGroup() as group:
        for view in views:
            writer = partial(ViewWriter, view, events)
            again = partial(refold, view) if refold else None
            turn = turns.later if view.name in PATIENT_VIEWS else turns.first
            group.create_task(follow(url, view.name, writer, kind="view", turn=turn, recover=again))
        for reaction in reactions:
            reactor = partial(Reactor, reaction, commands, events)
            group.create_task(follow(url, reaction.name, reactor, kind="reaction"))
        if tally:
            group.create_task(
                follow(
                    url,
                    EventCounter.name,
                    partial(EventCounter, events),
                    kind="tally",
                    turn=turns.later,
                )
            )
