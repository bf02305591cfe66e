"""The API of a running `annals dev`, as one person uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from tests.support.processes.dev_process import DevProcess


class ApiClient:
    """`acknowledged` are the ids of the tasks it created, `refused` counts the other attempts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.acknowledged: list[str] = []
        self.refused = 0

    async def create(self) -> None:
        """Create a task; a server that is away or busy is counted, and is no failure."""
        try:
            answer = await self.client.post("/tasks", json={"title": "Water the plants"})
        except httpx.TransportError:
            self.refused += 1
            return
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["id"])
        else:
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"]
            self.refused += 1


@asynccontextmanager
async def api_client(tree: DevProcess) -> AsyncIterator[ApiClient]:
    """Somebody who has just registered and logged in."""
    person = {"email": f"{uuid4().hex}@annals.example", "password": uuid4().hex}
    async with httpx.AsyncClient(base_url=f"{tree.address}/api/v1", timeout=10) as client:
        (await client.post("/auth/register", json={**person, "name": "Ada"})).raise_for_status()
        login = await client.post("/auth/login", json=person)
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        yield ApiClient(client)
