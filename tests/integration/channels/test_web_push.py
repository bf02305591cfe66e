"""Web push against a push service of our own, read with the keys a browser would hold."""

import json
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from msgspec.structs import replace
from py_vapid import Vapid02  # type: ignore[import-untyped]

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.destination import Forbidden
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.web_push import WebPushChannel, new_vapid_key
from tests.support.clients.push_subscriber import Browser, claims_of
from tests.support.servers.channel_servers import Receiver, Reply, Tls, make_tls, receiver
from tests.unit.channels.deliveries import REMINDER, reminder

LOOPBACK = (ip_network("127.0.0.0/8"),)


VAPID_KEY = new_vapid_key()
BROWSER = Browser()


@pytest.fixture(scope="module")
def tls() -> Tls:
    return make_tls()


@pytest.fixture
def service(tls: Tls) -> Iterator[Receiver]:
    with receiver(tls) as service:
        yield service


@pytest.fixture
def channel(tls: Tls) -> WebPushChannel:
    return WebPushChannel(
        Outbound(allowed=LOOPBACK, tls=tls.client),
        vapid_key=VAPID_KEY,
        contact="mailto:annals@annals.example",
    )


def to(url: str, delivery: Delivery = REMINDER) -> Delivery:
    return replace(delivery, channel="web_push", address=json.dumps(BROWSER.subscription(url)))


def test_a_browser_reads_what_we_wrote(service: Receiver, channel: WebPushChannel) -> None:
    channel.deliver(to(service.url("/push/1")))
    (request,) = service.requests
    assert BROWSER.read(request) == {
        "id": str(REMINDER.notification_id),
        "kind": "reminder",
        "title": "Reminder: Water the plants",
        "body": "“Water the plants” is due Sunday, 8 March 2026, 09:00.",
        "url": "https://annals.example/tasks/1",
        "occurred_at": "2026-03-07T14:00:00Z",
    }
    assert request.path == "/push/1"
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["ttl"] == "86400"
    assert request.headers["urgency"] == "high"


def test_a_copy_replaces_one_that_was_not_fetched(
    service: Receiver, channel: WebPushChannel
) -> None:
    for _ in range(2):
        channel.deliver(to(service.url()))
    topics = {request.headers["topic"] for request in service.requests}
    assert topics == {REMINDER.notification_id.hex}
    assert len(service.requests[0].headers["topic"]) <= 32


def test_the_service_can_tell_that_it_was_us(service: Receiver, channel: WebPushChannel) -> None:
    channel.deliver(to(service.url()))
    authorization = service.requests[0].headers["authorization"]
    assert Vapid02.verify(authorization)
    assert f"k={channel.public_key}" in authorization
    said = claims_of(service.requests[0])
    assert said["aud"] == f"https://127.0.0.1:{service.port}"
    assert said["sub"] == "mailto:annals@annals.example"


@pytest.mark.parametrize("title", ["x" * 10_000, "ß" * 5_000, '"\\' * 3_000])
def test_a_message_is_cut_to_what_services_take(
    service: Receiver, channel: WebPushChannel, title: str
) -> None:
    channel.deliver(to(service.url(), reminder(title=title)))
    (request,) = service.requests
    assert len(request.body) <= 4096
    assert BROWSER.read(request)["title"].endswith("…")
    assert BROWSER.read(request)["title"].startswith(f"Reminder: {title[:200]}")


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_no_more_is_gone(
    service: Receiver, channel: WebPushChannel, status: int
) -> None:
    service.replies["/"] = Reply(status)
    with pytest.raises(DeliveryFailed) as refusal:
        channel.deliver(to(service.url()))
    assert refusal.value.gone
    assert refusal.value.permanent


def test_a_service_that_is_busy_says_when_to_come_back(
    service: Receiver, channel: WebPushChannel
) -> None:
    service.replies["/"] = Reply(429, {"Retry-After": "40"})
    with pytest.raises(DeliveryFailed) as refusal:
        channel.deliver(to(service.url()))
    assert (refusal.value.permanent, refusal.value.retry_after) == (False, 40)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "{}",
        '{"endpoint": "https://push.example/1"}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "", "auth": ""}}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "é", "auth": "é"}}',
    ],
)
def test_what_is_no_subscription_fails_for_good(channel: WebPushChannel, address: str) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        channel.deliver(replace(REMINDER, channel="web_push", address=address))
    assert refusal.value.permanent


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://169.254.169.254/latest"])
def test_our_own_network_is_out_of_reach(tls: Tls, url: str) -> None:
    channel = WebPushChannel(Outbound(), vapid_key=VAPID_KEY, contact="mailto:a@annals.example")
    with pytest.raises(Forbidden):
        channel.deliver(to(url))


def test_push_is_never_without_tls(channel: WebPushChannel) -> None:
    with receiver() as plain:
        with pytest.raises(Forbidden, match="https://"):
            channel.deliver(to(plain.url()))
        assert plain.requests == []


@pytest.mark.parametrize("key", ["", "AAAA", "not a key", "A" * 43])
def test_a_key_that_is_none_shows_at_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="must be a P-256 private key"):
        WebPushChannel(Outbound(), vapid_key=key, contact="mailto:annals@annals.example")


def test_a_contact_that_is_none_shows_at_the_start() -> None:
    with pytest.raises(ValueError, match="contact"):
        WebPushChannel(Outbound(), vapid_key=VAPID_KEY, contact="nobody")
