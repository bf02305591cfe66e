"""Everything behind a reminder, as real processes: the API, views, scheduler, workers, mail."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from domain.events.preferences import AddressGiven, AddressVerified
from domain.events.recorded import AnyEvent
from domain.values.streams import preferences_stream
from domain.vocabulary import AccountId
from infrastructure.channels.web_push import new_vapid_key
from infrastructure.development.embedded.mail import CatchingMailServer, ReceivedMail
from infrastructure.postgres.connections import connect
from infrastructure.security.signing_key import fill_key_folder
from tests.support.api import Api, Person, running_api, settings_for
from tests.support.facts import history
from tests.support.processes.dev_process import environment
from tests.support.servers.channel_servers import Receiver, make_tls, receiver
from tests.support.servers.databases import scratch
from tests.support.waiting import until

VAPID_KEY = new_vapid_key()
TLS = make_tls()
TRUSTED = "trusted.pem"


class ProcessCluster:
    """`processes` are those that run, by verb; what they say is in `folder`.

    `hook` is where webhooks may lead to, `push` a push service for browsers.
    """

    def __init__(
        self,
        api: Api,
        mail: CatchingMailServer,
        hook: Receiver,
        push: Receiver,
        folder: Path,
        **settings: str,
    ) -> None:
        self.api, self.mail, self.hook, self.push, self.folder = api, mail, hook, push, folder
        self.settings = settings
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, *verbs: str) -> None:
        for verb in verbs:
            with (self.folder / f"{verb}.log").open("ab") as output:
                process = subprocess.Popen(
                    [sys.executable, "-m", "interfaces.cli", verb],
                    env=environment(**self.settings)
                    | {"SSL_CERT_FILE": str(self.folder / TRUSTED)},
                    stdout=output,
                    stderr=output,
                )
            self.processes.append((verb, process))

    def running(self, verb: str) -> "list[subprocess.Popen[bytes]]":
        return [process for name, process in self.processes if name == verb]

    async def kill(self, process: "subprocess.Popen[bytes]") -> str:
        """Kill -9; return which verb it was."""
        process.kill()
        await asyncio.to_thread(process.wait, 10)
        [verb] = [name for name, one in self.processes if one is process]
        self.processes.remove((verb, process))
        return verb

    def end(self) -> None:
        for _, process in self.processes:
            process.terminate()
        for _, process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)

    def log_text(self, verb: str) -> str:
        path = self.folder / f"{verb}.log"
        return path.read_text() if path.exists() else ""

    @contextmanager
    def mail_server_down(self) -> Iterator[None]:
        """Nobody listens where the mail server was, until the block ends."""
        self.mail.__exit__()
        try:
            yield
        finally:
            self.mail.__enter__()

    async def person(self, name: str, **wishes: Any) -> Person:
        """Somebody who has an account and these wishes."""
        person = await self.api.person(name)
        if wishes:
            answer = await person.ask("PUT", "/me/notifications", wishes)
            assert answer.status_code == 200, answer.text
        return person

    async def person_with_mail(self, name: str, **wishes: Any) -> Person:
        """Somebody who gets mail: they gave an address and confirmed it."""
        address = f"{name}@annals.example"
        person = await self.person(name, address=address, **wishes)
        mail = await self.mail_matching(lambda received: received.to == (address,))
        [link] = re.findall(r"http\S+/confirm/(\S+)", mail.part("plain"))
        confirmed = await self.api.http.post(f"/confirm/{link}")
        assert confirmed.status_code == 200, confirmed.text
        return person

    async def mail_recipient(self, name: str, *wishes: AnyEvent) -> AccountId:
        """Somebody who gets mail and never logs in: enough for those who are only told."""
        account, address = AccountId(uuid4()), f"{name}@annals.example"
        given = AddressGiven(account_id=account, address=address)
        verified = AddressVerified(address=address)
        await self.record(given, verified, *wishes, at=preferences_stream(account))
        return account

    async def record(
        self, *events: AnyEvent, at: UUID | None = None, when: datetime | None = None
    ) -> UUID:
        """Record these as all that happened to one stream, now unless it is said when."""
        stream, when = at or uuid4(), when or datetime.now(UTC)
        await self.api.record(history(*events, stream=stream, at=when))
        return stream

    async def run_statement(self, statement: str, *values: object) -> None:
        """Let the database do something that takes longer than an answer may."""
        async with await connect(self.settings["database_url"]) as connection:
            await connection.execute(statement, values)

    async def query(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        async def find(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
            cursor = await connection.execute(question, values)
            return list(await cursor.fetchall())

        return await self.api.parts.queries.run(find)

    async def mail_matching(
        self, wanted: Callable[[ReceivedMail], bool], *, within: float = 60
    ) -> ReceivedMail:
        """The first mail that is wanted, once it has come."""

        async def there() -> bool:
            return any(map(wanted, self.mail.messages()))

        await until(there, within=within)
        return next(filter(wanted, self.mail.messages()))


def seconds_from_now(seconds: float) -> str:
    """So many seconds from now, as the API takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@asynccontextmanager
async def process_cluster(
    database_url: str, redis_url: str, *verbs: str, **settings: str
) -> AsyncIterator[ProcessCluster]:
    """Run these verbs beside an API, a mail server that catches all, and receivers of the rest."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(scratch())
        mail = stack.enter_context(CatchingMailServer(kept=100_000))
        hook = stack.enter_context(receiver())
        push = stack.enter_context(receiver(TLS))
        (folder / TRUSTED).write_text(TLS.certificate)
        fill_key_folder(folder / "keys")
        given = {
            "database_url": database_url,
            "redis_url": redis_url,
            "keys_dir": str(folder / "keys"),
            "smtp_host": "127.0.0.1",
            "smtp_port": str(mail.port),
            "smtp_tls": "none",
            "webhook_allowed_networks": "127.0.0.0/8",
            "vapid_private_key": VAPID_KEY,
            "log_format": "json",
            "public_url": "http://annals.test",
            "notifications_per_minute": "100000",
            **settings,
        }
        api = await stack.enter_async_context(
            running_api(
                settings_for(
                    database_url,
                    folder / "keys",
                    webhook_allowed_networks=(ip_network("127.0.0.0/8"),),
                    vapid_private_key=VAPID_KEY,
                )
            )
        )
        here = ProcessCluster(api, mail, hook, push, folder, **given)
        stack.callback(here.end)
        here.start(*verbs)
        yield here
