"""A wire between a client and a server that a test can cut, hold back or silence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit


class Wire:
    """Listens on `url` and passes everything on to the server, both ways.

    `questions` counts what clients sent, piece by piece; `cuts` the connections broken before
    an answer.
    """

    def __init__(self, server_url: str) -> None:
        parts = urlsplit(server_url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._parts = parts
        self._links: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._cut_answer_to: bytes | None = None
        self._open = asyncio.Event()
        self._open.set()
        self.cuts = 0
        self.questions = 0

    @property
    def url(self) -> str:
        credentials, at, _ = self._parts.netloc.rpartition("@")
        return urlunsplit(self._parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self._port}"))

    def lead_to(self, server_url: str) -> None:
        """Take new connections to another server; those there are go on where they were."""
        parts = urlsplit(server_url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 0)

    def cut(self) -> None:
        """Break every connection there is."""
        for client, server in list(self._links):
            client.transport.abort()
            server.transport.abort()

    def cut_before_answering(self, question: bytes) -> None:
        """Let the next message with `question` through, and break the wire before its answer."""
        self._cut_answer_to = question

    def silence(self) -> None:
        """Pass nothing on, but leave the connections open."""
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._server)
        except OSError:
            writer.transport.abort()
            return
        link = (writer, there_writer)
        self._links.add(link)
        cutting = asyncio.Event()

        async def outward() -> None:
            while data := await reader.read(65536):
                self.questions += 1
                await self._open.wait()
                if self._cut_answer_to is not None and self._cut_answer_to in data:
                    self._cut_answer_to = None
                    cutting.set()
                there_writer.write(data)

        async def homeward() -> None:
            while data := await there_reader.read(65536):
                await self._open.wait()
                if cutting.is_set():
                    self.cuts += 1
                    return
                writer.write(data)

        tasks = {asyncio.create_task(outward()), asyncio.create_task(homeward())}
        with contextlib.suppress(OSError):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._links.discard(link)
        for end in link:
            end.transport.abort()

    async def _start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port: int = server.sockets[0].getsockname()[1]
        return server


@asynccontextmanager
async def wire_to(server_url: str) -> AsyncIterator[Wire]:
    """A wire to `server_url`, taken down when the block ends."""
    wire = Wire(server_url)
    server = await wire._start()
    try:
        yield wire
    finally:
        server.close()
        wire.speak()
        wire.cut()
