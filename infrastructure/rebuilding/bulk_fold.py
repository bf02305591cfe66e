"""Fills a shadow table from the log, a range of whole streams at a time, in several processes."""

import asyncio
import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.following.dead_events import Failure
from infrastructure.following.event_filter import EventFilter
from infrastructure.postgres.connections import connect
from infrastructure.projecting.view_writer import ShadowWriter
from infrastructure.rebuilding.bulk_write import write_range
from infrastructure.store.event_log import EventLog, StreamRange, Undecodable, distance
from infrastructure.store.mapper import RecordMapper
from projections.view import View

RANGE_EVENTS = 20_000


class RangeToFold(Record):
    """A range of streams to fold into `schema`, up to the position `until`."""

    url: str
    view: Any
    schema: str
    streams: StreamRange
    until: int


async def fill(
    connection: AsyncConnection,
    url: str,
    view: View[Any],
    schema: str,
    *,
    until: int,
    workers: int,
    advanced: Callable[[int, int], None],
) -> Sequence[Failure]:
    """Fold the log up to `until` into the empty table of `view` in `schema`.

    A row depends on the facts of a single stream, so whole streams can be folded in memory, in
    any order and in several processes. `advanced(done, total)` counts events, roughly. Returns
    the events that the view fails to process; the rows are as if these had not happened.
    """
    log = EventLog(RecordMapper())
    total = await distance(connection, 0, until)
    advanced(0, total)
    ranges = await log.ranges(connection, size=RANGE_EVENTS, until=until)
    parts = [
        RangeToFold(url=url, view=view, schema=schema, streams=streams, until=until)
        for streams in ranges
    ]
    failures: list[Failure] = []
    if len(parts) == 1 or workers == 1:
        for done, part in enumerate(parts, start=1):
            failures += await _fold(part)
            advanced(done * total // len(parts), total)
        return failures
    with ProcessPoolExecutor(
        min(workers, len(parts)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_work,
        initargs=(os.getpid(),),
    ) as pool:
        loop = asyncio.get_running_loop()
        work = [loop.run_in_executor(pool, _fold_part, part) for part in parts]
        try:
            for done, folded in enumerate(asyncio.as_completed(work), start=1):
                failures += await folded
                advanced(done * total // len(parts), total)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failures


def _begin_work(parent: int) -> None:
    gc.disable()  # rows hold no cycles, and scanning hundreds of thousands takes long
    end_with_parent(parent)


def end_with_parent(parent: int) -> None:
    """Let this process end when its parent has ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _fold_part(part: RangeToFold) -> Sequence[Failure]:
    return asyncio.run(_fold(part))


async def _fold(part: RangeToFold) -> Sequence[Failure]:
    view, log = part.view, EventLog(RecordMapper())
    async with await connect(part.url, name=f"annals rebuild {view.name}") as connection:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET jit = off")
        entries = await log.streams(
            connection, part.streams, EventFilter(view).topics, until=part.until
        )
        facts: list[Recorded] = []
        failures: list[Failure] = []
        for entry in entries:
            if isinstance(entry, Undecodable):
                failures.append(Failure(entry=entry, error=entry.error))
            else:
                facts.append(entry)
        return [*failures, *await write_range(connection, view, part.schema, facts)]


async def fill_in_order(
    connection: AsyncConnection,
    writer: ShadowWriter[Any],
    log: EventLog,
    *,
    until: int,
    advanced: Callable[[int, int], None],
) -> None:
    """Fold the log up to `until` in order, for a view whose rows span streams.

    The table of `writer` has its key, and its position is 0. What fails is in `writer.failures`.
    """
    position, topics = 0, EventFilter(writer.view).topics
    total, done = await distance(connection, 0, until), 0
    advanced(done, total)
    while position < until:
        entries = await log.streams(
            connection, StreamRange(), topics, after=position, until=until, limit=RANGE_EVENTS
        )
        end = entries[-1].position if len(entries) == RANGE_EVENTS else until
        await writer.take_in(connection, entries, position, end)
        done += await distance(connection, position, end)
        position = end
        advanced(done, total)
