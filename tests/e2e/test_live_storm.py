"""Fifty clients come and go while 5,000 things change and a process is killed: none misses any."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from signal import SIGKILL

import httpx
import msgspec
import pytest
from websockets.exceptions import WebSocketException

from tests.support.clients.api_client import ApiClient, api_client
from tests.support.clients.live_client import LiveClient, Refused
from tests.support.clients.load_client import Connection, connect, request
from tests.support.event_log import open_log
from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.seed import seeded
from tests.support.servers.ports import free_port
from tests.support.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(280)]

PEOPLE = 10
STREAMS, SOCKETS = 3, 2  # of each; as many streams as one may have
CHANGES = 5_000


class Work:
    """The changes that were acknowledged, of all people together."""

    def __init__(self, tree: DevProcess) -> None:
        self._port = int(tree.address.rpartition(":")[2])
        self._done = 0
        self.half_done = asyncio.Event()
        self.may_end = asyncio.Event()
        self.lost = 0

    async def go_on(self, person: ApiClient) -> None:
        """Make changes until there are enough and it may end; lost answers do not count."""
        token = person.client.headers["Authorization"].removeprefix("Bearer ")
        while not self._complete():
            try:
                connection = await connect(self._port)
                while not self._complete():
                    await self._one_task(connection, token)
                connection.close()
            except OSError:
                self.lost += 1

    def _complete(self) -> bool:
        return self._done >= CHANGES and self.may_end.is_set()

    async def _one_task(self, connection: Connection, token: str) -> None:
        async def ask(method: str, path: str, body: bytes = b"") -> bytes:
            answer = await connection.ask(request(method, path, body, token=token))
            assert answer.status in (200, 201), answer.body
            self._done += 1
            if self._done >= CHANGES // 2:
                self.half_done.set()
            return answer.body

        made = msgspec.json.decode(await ask("POST", "/api/v1/tasks", b'{"title":"Water"}'))
        task = f"/api/v1/tasks/{made['id']}"
        await ask("PATCH", task, b'{"title":"Drown"}')
        await ask("POST", f"{task}/complete")
        await ask("POST", f"{task}/reopen")


async def test_each_of_fifty_wandering_clients_hears_exactly_what_is_recorded() -> None:
    with (
        data_folder() as folder,
        dev_process(
            folder,
            port=free_port(),
            log_level="warning",
            live_rate="1000000",  # nothing is merged: what is heard can be counted
            dev_processes="serve:2,project",
        ) as tree,
    ):
        async with AsyncExitStack() as stay, asyncio.timeout(200):
            people = [await stay.enter_async_context(api_client(tree)) for _ in range(PEOPLE)]
            work = Work(tree)
            async with wandering(people) as clients:
                working = asyncio.gather(*(work.go_on(person) for person in people))
                await work.half_done.wait()
                os.kill(tree.serving()[0], SIGKILL)

                async def all_felt_it() -> bool:
                    breaks = sum(client.breaks for client in clients)
                    return work.lost > 0 and breaks > 5 * len(clients)

                # Changes go on until then, however fast they are.
                await until(all_felt_it, within=100)
                work.may_end.set()
                await working
            expected = await recorded(tree)
            await asyncio.gather(*(client.end(expected[client.owner][-1]) for client in clients))
        assert len(clients) == 50
        for client in clients:
            assert client.heard.positions == expected[client.owner]
            assert {event["partitionkey"] for event in client.heard.events} == {client.owner}


class Client:
    """Listens, breaks off at random, and resumes after what was heard last."""

    def __init__(self, person: ApiClient, owner: str, number: int) -> None:
        self.owner = owner
        self.heard = LiveClient(after=0)
        self.breaks = 0
        self._client = person.client
        self._socket = number % (STREAMS + SOCKETS) >= STREAMS
        self._chance = seeded(f"client {number}")

    async def wander(self) -> None:
        while True:
            await self._for(self._chance.random())

    async def end(self, last: int) -> None:
        """Listen until the last there is to hear was heard."""
        while not self.heard.after or self.heard.after < last:
            await self._for(1.0)

    async def _for(self, seconds: float) -> None:
        hear = self.heard.converse if self._socket else self.heard.listen
        try:
            async with asyncio.timeout(seconds):
                await hear(self._client)
        except (TimeoutError, httpx.TransportError, WebSocketException, OSError):
            self.breaks += 1
        except Refused:  # the places of the killed are not yet free
            await asyncio.sleep(0.2)


@asynccontextmanager
async def wandering(people: Sequence[ApiClient]) -> AsyncIterator[list[Client]]:
    """Clients of all these people, which wander inside the block."""
    clients: list[Client] = []
    for person in people:
        owner = (await person.client.get("/auth/me")).json()["id"]
        clients += [
            Client(person, owner, len(clients) + number) for number in range(STREAMS + SOCKETS)
        ]
    tasks = [asyncio.create_task(client.wander()) for client in clients]
    yield clients
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ended if not isinstance(end, asyncio.CancelledError)] == []


async def recorded(tree: DevProcess) -> dict[str, list[int]]:
    """Return where in the log all that the public is told of stands, by account."""
    positions: dict[str, list[int]] = defaultdict(list)
    async with open_log(tree.database_url) as log:
        for owner, fact in await log.public():
            positions[str(owner)].append(fact.position)
    return positions
