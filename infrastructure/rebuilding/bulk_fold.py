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
from infrastructure.postgres.connections import connect
from infrastructure.projecting.partitions import Partitions
from infrastructure.projecting.view_fold import ProjectionError, facts_of, fold
from infrastructure.projecting.view_table import ViewTable
from infrastructure.projecting.view_writer import ROW_ERRORS
from infrastructure.store.event_filter import EventFilter
from infrastructure.store.event_log import EventLog, StreamRange
from infrastructure.store.mapper import RecordMapper
from projections.view import View

RANGE_EVENTS = 20_000


class Part(Record):
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
) -> None:
    """Fold the log up to `until` into the empty table of `view` in `schema`.

    A row depends on the facts of a single stream, so whole streams can be folded in memory, in
    any order and in several processes. `advanced(done, total)` counts events, roughly.

    Raises:
        ProjectionError: the view cannot take in an event.
    """
    log = EventLog(RecordMapper())
    total = await log.distance(connection, 0, until)
    advanced(0, total)
    ranges = await log.ranges(connection, size=RANGE_EVENTS, until=until)
    parts = [
        Part(url=url, view=view, schema=schema, streams=streams, until=until) for streams in ranges
    ]
    if len(parts) == 1 or workers == 1:
        for done, part in enumerate(parts, start=1):
            await _fold(part)
            advanced(done * total // len(parts), total)
        return
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
                await folded
                advanced(done * total // len(parts), total)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin_work(parent: int) -> None:
    """Set up a worker process that ends when its parent has ended."""
    gc.disable()  # rows hold no cycles, and scanning hundreds of thousands takes long

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _fold_part(part: Part) -> None:
    asyncio.run(_fold(part))


async def _fold(part: Part) -> None:
    view, log = part.view, EventLog(RecordMapper())
    async with await connect(part.url, name=f"annals rebuild {view.name}") as connection:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET jit = off")
        entries = await log.streams(
            connection, part.streams, EventFilter(view).topics, until=part.until
        )
        facts = facts_of(view, entries)
        try:
            rows = fold(view, {}, facts).upserts
        except Exception as error:
            raise _find_failure(view, facts) from error
        await Partitions(part.schema, view.name).create_for(
            connection, {recorded.recorded_at for recorded in facts}
        )
        async with connection.transaction():
            await _write(connection, ViewTable(view, part.schema), rows)


async def _write(connection: AsyncConnection, table: ViewTable[Any], rows: Sequence[Any]) -> None:
    """Write these rows, and halve them again and again to find a row that cannot be written."""
    try:
        async with connection.transaction():
            await table.write(connection, rows, fresh=True)
    except ROW_ERRORS as error:
        if len(rows) == 1:
            key = ", ".join(f"{name} {getattr(rows[0], name)}" for name in table.primary_key)
            raise ProjectionError(
                f"A row of {table.name} ({key}) cannot be written: {error}"
            ) from error
        half = len(rows) // 2
        await _write(connection, table, rows[:half])
        await _write(connection, table, rows[half:])


def _find_failure(view: View[Any], facts: Sequence[Recorded]) -> ProjectionError:
    rows: dict[Any, Any] = {}
    for recorded in facts:
        try:
            key = view.key(recorded)
            rows[key] = view.evolve(rows.get(key), recorded)
        except Exception as error:
            return ProjectionError.event(view.name, recorded, repr(error))
    return ProjectionError(f"The view {view.name} failed at first, but not when it was run again.")
