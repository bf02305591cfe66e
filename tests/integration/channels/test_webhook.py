"""Webhooks over real sockets: signed, pinned to a checked address, and never into our network."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.destination import Forbidden
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.webhook import WebhookChannel, new_secret
from tests.support.servers.channel_servers import (
    Receiver,
    Reply,
    Tls,
    make_tls,
    raw_server,
    receiver,
)
from tests.unit.channels.deliveries import REMINDER

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRET, OLD_SECRET = new_secret(), new_secret()
WEBHOOK = replace(REMINDER, channel="webhook", secrets=(SECRET,))
NAMED = "receiver.example"


@pytest.fixture(scope="module")
def tls() -> Tls:
    return make_tls()


@pytest.fixture
def there(tls: Tls) -> Iterator[Receiver]:
    with receiver(tls) as there:
        yield there


def resolving(*addresses: str, tls: Tls, allowed: bool = True) -> Outbound:
    """An outbound for which every name leads to these addresses."""
    return Outbound(
        resolve=lambda host, port: addresses, allowed=LOOPBACK if allowed else (), tls=tls.client
    )


def to(url: str, delivery: Delivery = WEBHOOK) -> Delivery:
    return replace(delivery, address=url)


def test_a_webhook_is_a_signed_request(there: Receiver, tls: Tls) -> None:
    channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
    channel.deliver(to(there.url("/hook?a=1", host=NAMED)))
    (request,) = there.requests
    assert Webhook(SECRET).verify(request.body, request.headers) == {
        "type": "reminder",
        "timestamp": "2026-03-07T14:00:00Z",
        "data": {"notification_id": str(WEBHOOK.notification_id), **WEBHOOK.facts},
    }
    assert request.path == "/hook?a=1"
    assert request.headers["host"] == f"{NAMED}:{there.port}"
    assert request.headers["webhook-id"] == str(WEBHOOK.notification_id)
    assert request.headers["content-type"] == "application/json"


def test_letters_of_all_the_world_are_signed_as_they_are_sent(there: Receiver, tls: Tls) -> None:
    channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
    channel.deliver(to(there.url(host=NAMED), replace(WEBHOOK, facts={"title": "水をやる ß"})))
    (request,) = there.requests
    assert Webhook(SECRET).verify(request.body, request.headers)["data"]["title"] == "水をやる ß"


def test_while_secrets_rotate_either_verifies(there: Receiver, tls: Tls) -> None:
    channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
    channel.deliver(to(there.url(host=NAMED), replace(WEBHOOK, secrets=(SECRET, OLD_SECRET))))
    (request,) = there.requests
    for secret in (SECRET, OLD_SECRET):
        Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(request.body, request.headers)


def test_a_repetition_bears_the_same_id_and_the_time_of_its_own(there: Receiver, tls: Tls) -> None:
    for minute in (0, 5):
        moment = datetime(2026, 3, 7, 14, minute, tzinfo=UTC)
        outbound = resolving("127.0.0.1", tls=tls)
        WebhookChannel(outbound, now=lambda at=moment: at).deliver(to(there.url(host=NAMED)))  # type: ignore[misc]
    first, second = there.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_",), ("whsec_ä",)])
def test_without_a_secret_nothing_is_sent(
    there: Receiver, tls: Tls, secrets: tuple[str, ...]
) -> None:
    channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
    with pytest.raises(DeliveryFailed, match="no secret") as refusal:
        channel.deliver(to(there.url(host=NAMED), replace(WEBHOOK, secrets=secrets)))
    assert refusal.value.permanent
    assert there.requests == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.100.100.200",
        "localhost",
    ],
)
def test_our_own_network_is_out_of_reach(there: Receiver, tls: Tls, host: str) -> None:
    outbound = Outbound(tls=tls.client)
    for ask in (outbound.check, lambda url: outbound.post(url, b"{}", {})):
        with pytest.raises(Forbidden) as refusal:
            ask(there.url(host=host))
        assert refusal.value.permanent
    assert there.requests == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "fe80::1%lo"],
)
def test_a_name_that_leads_into_our_network_is_refused(
    there: Receiver, tls: Tls, address: str
) -> None:
    outbound = resolving("93.184.216.34", address, tls=tls, allowed=False)
    with pytest.raises(Forbidden, match="no public address"):
        outbound.post(there.url(host=NAMED), b"{}", {})
    assert there.requests == []


def test_a_name_that_changes_its_mind_gains_nothing(there: Receiver, tls: Tls) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    # Nobody listens there, and nowhere else may we go.
    outbound = Outbound(resolve=rebinding, tls=tls.client, allowed=(ip_network("127.0.0.2/32"),))
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        outbound.post(there.url(host=NAMED), b"{}", {})
    assert asked == [NAMED]  # asked once, and what was checked is what was called
    assert there.requests == []


def test_a_redirect_into_our_network_is_not_followed(there: Receiver, tls: Tls) -> None:
    with receiver() as inside:
        there.replies["/hook"] = Reply(302, {"Location": inside.url("/secrets")})
        channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
        with pytest.raises(DeliveryFailed, match="302") as refusal:
            channel.deliver(to(there.url("/hook", host=NAMED)))
        assert refusal.value.permanent
        assert inside.requests == []


def test_without_tls_only_an_allowed_network_is_reached(tls: Tls) -> None:
    with receiver() as plain:
        WebhookChannel(Outbound(allowed=LOOPBACK)).deliver(to(plain.url()))
        assert len(plain.requests) == 1
        with pytest.raises(Forbidden, match="https://"):
            resolving("93.184.216.34", tls=tls).post("http://receiver.example/", b"{}", {})


def test_the_certificate_must_be_that_of_the_name(there: Receiver, tls: Tls) -> None:
    with pytest.raises(DeliveryFailed, match="TLS") as refusal:
        resolving("127.0.0.1", tls=tls).post(there.url(host="other.example"), b"{}", {})
    assert not refusal.value.permanent
    assert there.requests == []


def test_proxies_of_the_environment_are_not_used(
    there: Receiver, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        resolving("127.0.0.1", tls=tls).post(there.url(host=NAMED), b"{}", {})
        assert proxy.requests == []
    assert len(there.requests) == 1


def test_what_the_receiver_says_of_itself_is_heard(there: Receiver, tls: Tls) -> None:
    there.replies = {
        "/gone": Reply(410),
        "/busy": Reply(429, {"Retry-After": "30"}),
        "/down": Reply(503, {"Retry-After": "120"}),
        "/wrong": Reply(400),
        "/broken": Reply(500),
    }
    channel = WebhookChannel(resolving("127.0.0.1", tls=tls))
    said = {}
    for path in there.replies:
        with pytest.raises(DeliveryFailed) as refusal:
            channel.deliver(to(there.url(path, host=NAMED)))
        failed = refusal.value
        said[path] = (failed.permanent, failed.gone, failed.retry_after)
    assert said == {
        "/gone": (True, True, None),
        "/busy": (False, False, 30),
        "/down": (False, False, 120),
        "/wrong": (True, False, None),
        "/broken": (False, False, None),
    }


def test_a_name_nobody_knows_may_be_known_later(tls: Tls) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(DeliveryFailed, match="no public address") as refusal:
        Outbound(resolve=unknown).post("https://receiver.example/", b"{}", {})
    assert not refusal.value.permanent


def test_a_private_name_and_no_name_are_refused_in_the_same_words() -> None:
    def private(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    words = set()
    for resolve in (private, unknown):
        with pytest.raises(DeliveryFailed) as refusal:
            Outbound(resolve=resolve).check("https://receiver.example/")
        words.add(refusal.value.reason)
    assert len(words) == 1


def test_a_slow_look_up_does_not_hold_us() -> None:
    released = socket.socketpair()

    def slow(host: str, port: int) -> list[str]:
        released[0].recv(1)
        return ["127.0.0.1"]

    with pytest.raises(DeliveryFailed, match="no public address"):
        Outbound(resolve=slow, timeout_seconds=0.3).post("https://receiver.example/", b"{}", {})
    released[1].send(b".")
    for end in released:
        end.close()


def test_nobody_home_is_a_temporary_failure(tls: Tls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeliveryFailed, match="cannot be reached") as refusal:
        Outbound(allowed=LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert not refusal.value.permanent


def test_the_next_address_of_a_name_is_tried(there: Receiver, tls: Tls) -> None:
    # Nobody listens on this port of 127.0.0.2.
    answer = resolving("127.0.0.2", "127.0.0.1", tls=tls).post(there.url(host=NAMED), b"{}", {})
    assert answer.status == 204


def test_a_receiver_that_drips_is_left_in_time() -> None:
    """Each byte comes within the timeout of a socket; the whole never would."""

    def drip(line: socket.socket) -> None:
        line.recv(65536)
        while True:
            line.sendall(b"H")
            time.sleep(0.05)

    with raw_server(drip) as port:
        with pytest.raises(DeliveryFailed) as refusal:
            Outbound(allowed=LOOPBACK, timeout_seconds=0.5).post(
                f"http://127.0.0.1:{port}/", b"{}", {}
            )
        assert not refusal.value.permanent


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    sent = []

    def flood(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10_000):
            line.sendall(b"x" * 65536)
            sent.append(65536)

    with raw_server(flood) as port:
        answer = Outbound(allowed=LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer.status == 200
    assert sum(sent) < 64 * 1024 * 1024


def test_a_head_without_end_is_no_answer() -> None:
    def flood(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            line.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    with raw_server(flood) as port, pytest.raises(DeliveryFailed, match="not answer in HTTP"):
        Outbound(allowed=LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_a_body_that_never_comes_does_not_undo_a_delivery() -> None:
    def stall(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        line.recv(1)  # until the other side leaves

    with raw_server(stall) as port:
        outbound = Outbound(allowed=LOOPBACK, timeout_seconds=0.5)
        assert outbound.post(f"http://127.0.0.1:{port}/", b"{}", {}).status == 200


def test_the_reason_does_not_tell_what_the_receiver_said(there: Receiver, tls: Tls) -> None:
    there.replies["/"] = Reply(500, {}, json.dumps({"secret": "hush"}).encode())
    with pytest.raises(DeliveryFailed) as refusal:
        WebhookChannel(resolving("127.0.0.1", tls=tls)).deliver(to(there.url(host=NAMED)))
    assert "hush" not in refusal.value.reason
