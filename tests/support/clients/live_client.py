"""Clients of the live updates: they remember what they heard, and where to go on."""

import json
from typing import Any

import httpx
from websockets.asyncio.client import connect


class Refused(Exception):
    """There is no stream for us, for now."""


class LiveClient:
    """The events so far, and after which of them to resume; an event counts once it is whole."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after
        self.events: list[dict[str, Any]] = []
        self.expired = False
        self.resyncs = 0

    @property
    def positions(self) -> list[int]:
        return [int(event["sequence"]) for event in self.events]

    async def listen(self, client: httpx.AsyncClient, **query: Any) -> None:
        """Hear an event stream until it breaks; `client` says where, and who asks."""
        headers = {} if self.after is None else {"Last-Event-ID": str(self.after)}
        async with client.stream("GET", "/stream", headers=headers, params=query) as answer:
            if answer.status_code != 200:
                raise Refused(answer.status_code)
            frame: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    frame[name] = value
                else:
                    self._take(frame)
                    frame = {}

    async def converse(self, client: httpx.AsyncClient) -> None:
        """Hear a socket, subscribed to everything, until it breaks."""
        address = str(client.base_url).replace("http", "ws", 1) + "ws"
        credentials = {"Authorization": client.headers["Authorization"]}
        async with connect(address, additional_headers=credentials, close_timeout=0.5) as socket:
            after = {} if self.after is None else {"after": self.after}
            await socket.send(json.dumps({"subscribe": after}))
            async for said in socket:
                event = json.loads(said).get("event")
                if event:
                    self.events.append(event)
                    self.after = int(event["sequence"])
                else:
                    assert "subscribed" in json.loads(said), said

    def _take(self, frame: dict[str, str]) -> None:
        kind = frame.get("event")
        if kind == "expired":
            self.expired = True
        elif kind == "resync":
            self.resyncs += 1
        elif kind and kind != "listening":
            event = json.loads(frame["data"])
            assert (event["type"], event["sequence"]) == (kind, frame["id"])
            self.events.append(event)
        if "id" in frame:
            self.after = int(frame["id"])
