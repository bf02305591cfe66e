"""A worker decides at the moment of the delivery whether a channel is used, and records why not."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.channels import Channel
from application.ports.limits import Presence
from application.reactions.account_reactions import VERIFY_ACCOUNT
from domain.events.identity.accounts import AccountRegistered
from domain.events.notifications import NotificationRequested
from domain.events.preferences import AddressGiven, AddressVerified, PreferencesChanged
from domain.events.recorded import AnyEvent
from domain.notification import Notification, NotificationState, RetryPolicy
from domain.values.delivery_reason import DeliveryReason
from domain.values.streams import preferences_stream
from domain.vocabulary import AccountId, ChannelName, When
from infrastructure.channels.email_message import email_message, mailbox, sender_of
from infrastructure.delivery.delivery_builder import DIGEST, DeliveryBuilder
from infrastructure.delivery.endpoints import SealedEndpointAddresses
from infrastructure.delivery.queue import DeliveryQueue, redis_client
from infrastructure.delivery.signed_links import HmacSignedLinks
from infrastructure.delivery.worker import CONFIRMATIONS, DeliveryWorker
from infrastructure.limits.concurrency_limit import RedisStreamLimit
from infrastructure.limits.gcra import GcraRate, RateLimit
from infrastructure.limits.presence import RedisPresence
from infrastructure.limits.redis_client import open_redis
from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.postgres.connections import connect_blocking
from infrastructure.wiring.database import Database, open_database
from projections.views.reminders.notifications import NotificationRow, in_digest
from tests.support.api import projecting, settings_for
from tests.support.facts import history
from tests.support.memory import MemoryChannel, MemoryPresence
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

SECRET = b"s" * 32


class Post:
    """A worker in this process, with one account that reads mail."""

    def __init__(self, database: Database, deliver: DeliveryWorker, mail: MemoryChannel) -> None:
        self.account = AccountId(uuid4())
        self.mail = mail
        self._database = database
        self._worker = deliver

    async def prefer(self, *events: AnyEvent) -> None:
        await self._database.store.append(
            history(*events, stream=preferences_stream(self.account), at=datetime.now(UTC))
        )

    async def deliver(
        self, channel: ChannelName = ChannelName.EMAIL, *, kind: str = "reminder", **more: Any
    ) -> Notification:
        """Request a notification and deliver it; return what became of it."""
        notification = await self.request(channel, kind=kind, **more)
        await asyncio.to_thread(self._worker.deliver, str(notification))
        return await self._database.commands.current_state(Notification(), notification)

    async def in_digest(self, digest: UUID) -> Sequence[NotificationRow]:
        return await self._database.queries.run(in_digest, digest)

    async def request(
        self,
        channel: ChannelName = ChannelName.EMAIL,
        *,
        kind: str = "reminder",
        notification: UUID | None = None,
        title: str = "Water the plants",
        **more: Any,
    ) -> UUID:
        notification = notification or uuid4()
        now = datetime.now(UTC)
        request = NotificationRequested(
            account_id=self.account,
            channel=channel,
            kind=kind,
            cause=uuid4(),
            occurred_at=now,
            title=title,
            address="stranger@annals.example" if kind == VERIFY_ACCOUNT else None,
            **more,
        )
        await self._database.store.append(history(request, stream=notification, at=now))
        return notification


@asynccontextmanager
async def working(
    database_url: str, redis_url: str, keys: Path, presence: Presence
) -> AsyncIterator[Post]:
    settings = settings_for(database_url, keys)
    client = redis_client(redis_url, database=1)
    locks = AdvisoryLocks(partial(connect_blocking, database_url, name="annals claims"))
    mail = MemoryChannel()
    channels: dict[str, Channel] = {ChannelName.EMAIL: mail}
    async with open_database(settings, "test") as database:
        builder = DeliveryBuilder(
            database.queries,
            SealedEndpointAddresses(database.queries, SECRET),
            HmacSignedLinks(SECRET),
            presence,
            base_url="http://annals.test",
            task_link=None,
        )
        worker = DeliveryWorker(
            asyncio.get_running_loop(),
            database.commands,
            locks,
            builder,
            channels=channels,
            queue=DeliveryQueue(client, mark_life=timedelta(seconds=30)),
            limit=RateLimit(client, prefix="told:"),
            rate=GcraRate(limit=1000, per=60.0),
            retry_policy=RetryPolicy(
                attempts=3, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=1)
            ),
        )
        try:
            yield Post(database, worker, mail)
        finally:
            locks.close()
            client.close()


ADDRESS = "ada@annals.example"
OFFLINE = PreferencesChanged(email_when=When.OFFLINE)


def confirmed(account: AccountId) -> tuple[AnyEvent, ...]:
    return AddressGiven(account_id=account, address=ADDRESS), AddressVerified(address=ADDRESS)


async def test_mail_for_who_is_offline_is_left_out_while_a_stream_is_open_anywhere(
    database_url: str, redis_url: str, keys: Path
) -> None:
    redis = open_redis(redis_url)
    # Streams and sockets of another process than the worker's.
    streams, sockets = (RedisStreamLimit(redis, kind=kind, most=3) for kind in ("sse", "ws"))
    async with working(database_url, redis_url, keys, RedisPresence(redis)) as post:
        await post.prefer(*confirmed(post.account), OFFLINE)
        for limit in (streams, sockets):
            async with limit.acquire(post.account):
                online = await post.deliver()
            assert (online.state, online.reason) == (
                NotificationState.SUPPRESSED,
                DeliveryReason.ONLINE,
            )
        async with streams.acquire(AccountId(uuid4())):
            offline = await post.deliver()
        assert offline.state is NotificationState.SENT
        assert [delivery.address for delivery in post.mail.delivered] == [ADDRESS]
    await redis.aclose()


async def test_mail_for_who_always_wants_it_does_not_ask_who_is_online(
    database_url: str, redis_url: str, keys: Path
) -> None:
    presence = MemoryPresence()
    async with working(database_url, redis_url, keys, presence) as post:
        presence.online.add(post.account)
        await post.prefer(*confirmed(post.account))
        assert (await post.deliver()).state is NotificationState.SENT


async def test_mail_is_sent_when_nobody_knows_who_is_online(
    database_url: str, redis_url: str, keys: Path
) -> None:
    away = open_redis("redis://127.0.0.1:1", timeout_seconds=0.2)
    async with working(database_url, redis_url, keys, RedisPresence(away)) as post:
        await post.prefer(*confirmed(post.account), OFFLINE)
        assert (await post.deliver()).state is NotificationState.SENT
    await away.aclose()


async def test_a_channel_that_nobody_set_up_is_recorded_as_such(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with working(database_url, redis_url, keys, MemoryPresence()) as post:
        left_out = await post.deliver(ChannelName.WEB_PUSH)
    assert left_out.reason == DeliveryReason.CHANNEL_NOT_SET_UP


async def test_an_address_gets_few_mails_with_links(
    database_url: str, redis_url: str, keys: Path
) -> None:
    async with working(database_url, redis_url, keys, MemoryPresence()) as post:
        registered = AccountRegistered(email="stranger@annals.example", name="Stranger")
        await post._database.store.append(history(registered, stream=UUID(str(post.account))))
        for _ in range(CONFIRMATIONS.limit):
            assert (await post.deliver(kind=VERIFY_ACCOUNT)).state is NotificationState.SENT
        refused = await post.deliver(kind=VERIFY_ACCOUNT)
    assert refused.reason == DeliveryReason.TOO_MANY_LINKS


HOUR = re.compile(r"[0-9]{1,2}:[0-9]{2}")
# How a mail says when a task is due: of a moment with the hour, of a day without.
DUE = {"en": "“Water the plants” is due {}.", "de": "„Water the plants“ ist fällig: {}."}


def rendered(post: Post) -> tuple[str, str, str]:
    """Return the subject, the text and the HTML of the last mail."""
    sender = sender_of("Annals <annals@annals.example>")
    mail = email_message(post.mail.delivered[-1], sender=sender, to=mailbox(ADDRESS))
    parts = [mail.get_body([kind]) for kind in ("plain", "html")]
    plain, html = [part.get_content() for part in parts if part is not None]
    return mail["Subject"], plain, html


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("language", DUE)
async def test_the_mail_of_a_day_names_the_day_and_no_hour_in_any_zone(
    database_url: str, redis_url: str, keys: Path, language: str, zone: str
) -> None:
    async with working(database_url, redis_url, keys, MemoryPresence()) as post:
        mine = PreferencesChanged(language=language, timezone=zone)
        await post.prefer(*confirmed(post.account), mine)
        await post.deliver(due_on=date(2030, 1, 31))
        _, plain, html = rendered(post)
        for text in (plain, re.sub("<[^>]*>", "", html)):
            assert DUE[language].format("2030-01-31") in text
            assert not HOUR.search(text)
        await post.deliver(due_at=datetime(2030, 1, 31, 12, tzinfo=UTC))
        _, plain, _ = rendered(post)
        at = {"Pacific/Kiritimati": "2030-02-01 02:00", "Pacific/Pago_Pago": "2030-01-31 01:00"}
        assert DUE[language].format(f"{at[zone]} ({zone})") in plain


@pytest.mark.parametrize(
    ("language", "subject", "opening"),
    [
        ("en", "2 things to tell you", "This is what came up while you wanted it quiet:"),
        ("de", "2 Mitteilungen für dich", "Das kam zusammen, während du Ruhe haben wolltest:"),
    ],
)
async def test_a_digest_lists_what_it_holds(
    database_url: str, redis_url: str, keys: Path, language: str, subject: str, opening: str
) -> None:
    settings = settings_for(database_url, keys)
    async with (
        projecting(settings),
        working(database_url, redis_url, keys, MemoryPresence()) as post,
    ):
        await post.prefer(*confirmed(post.account), PreferencesChanged(language=language))
        digest = uuid4()
        await post.request(digest_id=digest, title="Pay the rent", due_on=date(2030, 1, 31))
        await post.request(digest_id=digest, title="Call <Bob> & Co")

        async def both_are_listed() -> bool:
            return len(await post.in_digest(digest)) == 2

        await until(both_are_listed)
        await post.deliver(kind=DIGEST, notification=digest, title="")
        found, plain, html = rendered(post)
        assert found == subject
        for text in (plain, unescape(re.sub("<[^>]*>", "", html.replace("&lt;", "&amp;lt;")))):
            assert opening in text
            assert text.index("Pay the rent") < text.index("Call ")
            assert not HOUR.search(text)
        assert "Call <Bob> & Co" in plain
        assert "Call &lt;Bob&gt; &amp; Co" in html
