"""What every channel promises: the one in memory and those that reach the world alike."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import ip_network
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from application.channels import Channel, Delivery, DeliveryFailed
from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email_message import sender_of
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.web_push import WebPushChannel, new_vapid_key
from infrastructure.channels.webhook import WebhookChannel, new_secret
from infrastructure.development.embedded.mail import CatchingMailServer
from tests.support.memory import MemoryChannel
from tests.support.servers.channel_servers import Reply, Tls, make_tls, receiver
from tests.unit.channels.deliveries import REMINDER

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Way(NamedTuple):
    """A channel, addresses at its other end, and what arrived there."""

    channel: Channel
    good: str
    busy: str
    refusing: str
    arrived: Callable[[], list[UUID]]


@contextmanager
def memory() -> Iterator[Way]:
    channel = MemoryChannel()
    channel.failures["busy"] = DeliveryFailed("Busy.", permanent=False)
    channel.failures["refusing"] = DeliveryFailed("No.", permanent=True)
    yield Way(
        channel,
        good="good",
        busy="busy",
        refusing="refusing",
        arrived=lambda: [delivery.notification_id for delivery in channel.delivered],
    )


class MailServer(CatchingMailServer):
    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("good"):
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return "451 Later" if address.startswith("busy") else "550 Never"


@contextmanager
def email() -> Iterator[Way]:
    with MailServer() as server:
        channel = EmailChannel(
            SmtpServer(host="127.0.0.1", port=server.port, tls="none"),
            sender=sender_of("annals@annals.example"),
        )
        yield Way(
            channel,
            good="good@example.org",
            busy="busy@example.org",
            refusing="refusing@example.org",
            arrived=lambda: [
                UUID(str(caught.mail["Message-ID"])[1:].partition("@")[0])
                for caught in server.messages()
            ],
        )
        channel.close()


@contextmanager
def webhook() -> Iterator[Way]:
    with receiver() as there:
        there.replies = {"/busy": Reply(503), "/refusing": Reply(400)}
        yield Way(
            WebhookChannel(Outbound(allowed=LOOPBACK)),
            good=there.url("/good"),
            busy=there.url("/busy"),
            refusing=there.url("/refusing"),
            arrived=lambda: [
                UUID(request.headers["webhook-id"])
                for request in there.requests
                if request.path == "/good"
            ],
        )


@contextmanager
def web_push() -> Iterator[Way]:
    tls: Tls = make_tls()
    with receiver(tls) as there:
        there.replies = {"/busy": Reply(429), "/refusing": Reply(410)}
        yield Way(
            WebPushChannel(
                Outbound(allowed=LOOPBACK, tls=tls.client),
                vapid_key=new_vapid_key(),
                contact="mailto:annals@annals.example",
            ),
            good=subscription(there.url("/good")),
            busy=subscription(there.url("/busy")),
            refusing=subscription(there.url("/refusing")),
            arrived=lambda: [
                UUID(request.headers["topic"])
                for request in there.requests
                if request.path == "/good"
            ],
        )


@pytest.fixture(params=[memory, email, webhook, web_push], ids=lambda ways: str(ways.__name__))
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    with request.param() as way:
        yield way


def delivery(way: Way, address: str) -> Delivery:
    return replace(
        REMINDER,
        notification_id=uuid4(),
        channel=way.channel.name,
        address=address,
        secrets=(new_secret(),),
    )


def test_what_is_delivered_arrives(way: Way) -> None:
    one, two = delivery(way, way.good), delivery(way, way.good)
    way.channel.deliver(one)
    way.channel.deliver(two)
    assert way.arrived() == [one.notification_id, two.notification_id]


def test_a_repetition_is_known_by_its_id(way: Way) -> None:
    once = delivery(way, way.good)
    way.channel.deliver(once)
    way.channel.deliver(once)
    assert way.arrived() == [once.notification_id] * 2


@pytest.mark.parametrize("kind", ["reminder", "task.completed", "verify_email", "never.heard.of"])
def test_every_kind_can_be_delivered(way: Way, kind: str) -> None:
    way.channel.deliver(replace(delivery(way, way.good), kind=kind))
    assert len(way.arrived()) == 1


def test_a_receiver_that_is_busy_may_be_tried_again(way: Way) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        way.channel.deliver(delivery(way, way.busy))
    assert not refusal.value.permanent
    assert refusal.value.reason
    assert way.arrived() == []


def test_a_receiver_that_refuses_is_not_tried_again(way: Way) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        way.channel.deliver(delivery(way, way.refusing))
    assert refusal.value.permanent
    assert way.arrived() == []


def test_a_failure_stops_nobody_else(way: Way) -> None:
    for address in (way.refusing, way.busy):
        with pytest.raises(DeliveryFailed):
            way.channel.deliver(delivery(way, address))
    way.channel.deliver(delivery(way, way.good))
    assert len(way.arrived()) == 1


def test_threads_deliver_side_by_side(way: Way) -> None:
    deliveries = [delivery(way, way.good) for _ in range(24)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(way.channel.deliver, deliveries))
    assert sorted(way.arrived()) == sorted(each.notification_id for each in deliveries)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def subscription(endpoint: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": encoded(point), "auth": encoded(os.urandom(16))}
    return json.dumps({"endpoint": endpoint, "keys": keys})
