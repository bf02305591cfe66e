"""A process to be killed: tops up every series, again and again.

`python -m tests.support.processes.top_up_process URL` runs it on that database.
"""

import asyncio
import sys
from functools import partial

from application.command_handler import CommandHandler
from infrastructure.postgres.connections import connect, query_pool
from infrastructure.postgres.queries import QueryRunner
from infrastructure.scheduling.series_top_up import SeriesTopUp
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper


async def main(url: str) -> None:
    async with query_pool(url, size=2) as pool:
        store = PostgresEventStore(partial(connect, url, name="topping up"), RecordMapper())
        horizon = SeriesTopUp(QueryRunner(pool), CommandHandler(store))
        while True:
            await horizon.top_up()
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
