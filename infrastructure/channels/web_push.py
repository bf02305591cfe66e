"""The web push channel: a short encrypted message to a browser, through its push service."""

import base64
from typing import ClassVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException  # type: ignore[import-untyped]

from application.channels import Delivery, DeliveryFailed
from domain.record import Record
from infrastructure.channels.destination import Forbidden, destination_of
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.status_policy import require_success
from infrastructure.channels.texts import render

MAX_MESSAGE_BYTES = 3993  # push services accept 4096 bytes, of which encryption needs 103
TTL_SECONDS = 24 * 3600  # seconds the push service stores a message for an offline browser


class Keys(Record):
    p256dh: str
    auth: str


class Subscription(Record):
    """A push subscription, as the PushManager of a browser gives it."""

    endpoint: str
    keys: Keys


class WebPushChannel:
    """Sends `{"id", "kind", "title", "body", "url", "occurred_at"}` as JSON.

    `vapid_key` is the private key, 32 bytes or DER in base64url; `contact` is the address for
    complaints of a push service, `mailto:…` or `https://…`.

    Raises:
        ValueError: the key or the contact is invalid.
    """

    name: ClassVar[str] = "web_push"

    def __init__(self, outbound: Outbound, *, vapid_key: str, contact: str) -> None:
        self._outbound = outbound
        self._contact = contact
        self._vapid = vapid_of(vapid_key)
        self._authorization("https://push.example")  # checks the contact

    @property
    def public_key(self) -> str:
        """The applicationServerKey that a page passes to `pushManager.subscribe`."""
        return public_key_of(self._vapid)

    def deliver(self, delivery: Delivery) -> None:
        subscription = _subscription(delivery.address)
        destination = destination_of(subscription.endpoint)
        if destination.scheme != "https":
            raise Forbidden("A push subscription must begin with https://.")
        body = _encrypt(subscription, message(delivery))
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(TTL_SECONDS),
            "urgency": "high" if delivery.kind == "reminder" else "normal",
            "topic": delivery.notification_id.hex,  # a repetition replaces the stored message
            "authorization": self._authorization(f"https://{destination.authority}"),
        }
        response = self._outbound.post(subscription.endpoint, body, headers)
        require_success(response, who="The push service", gone=(404, 410))

    def _authorization(self, audience: str) -> str:
        try:
            signed: dict[str, str] = self._vapid.sign({"aud": audience, "sub": self._contact})
        except VapidException as error:
            raise ValueError(f"{self._contact!r} is no contact for push services") from error
        return signed["Authorization"]


def new_vapid_key() -> str:
    """Return a new private key. Subscriptions belong to a key: with another key they are void."""
    key = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(key.to_bytes(32, "big")).rstrip(b"=").decode()


def vapid_of(key: str) -> Vapid02:
    """Parse a private key.

    Raises:
        ValueError: it is not a P-256 key.
    """
    try:
        return Vapid02.from_string(key)
    except Exception as error:
        raise ValueError("must be a P-256 private key, 32 bytes or DER in base64url") from error


def message(delivery: Delivery) -> bytes:
    """Return the message, shortened to the maximum size: first its body, then its title."""
    text = render(delivery)
    title, body = text.subject, " ".join(text.paragraphs)
    while True:
        plain = msgspec.json.encode(
            {
                "id": delivery.notification_id,
                "kind": delivery.kind,
                "title": title,
                "body": body,
                "url": delivery.facts.get("url"),
                "occurred_at": delivery.occurred_at,
            }
        )
        if len(plain) <= MAX_MESSAGE_BYTES:
            return plain
        if len(body) > 1:
            body = _shorten(body)
        elif len(title) > 1:
            title = _shorten(title)
        else:
            raise DeliveryFailed("The link is too long for a push message.", permanent=True)


def _shorten(text: str) -> str:
    return text[: len(text) * 3 // 4 - 1].rstrip("… ") + "…" if len(text) > 4 else ""


def _subscription(address: str) -> Subscription:
    try:
        return msgspec.json.decode(address, type=Subscription)
    except msgspec.DecodeError as error:
        raise DeliveryFailed("The push subscription is not one.", permanent=True) from error


def _encrypt(subscription: Subscription, plain: bytes) -> bytes:
    # It brings two HTTP clients that we do not use: 14 MB, only where a message is sent.
    from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]

    try:
        pusher = WebPusher(msgspec.to_builtins(subscription))
        body: bytes = pusher.encode(plain)["body"]
    except (WebPushException, ValueError, IndexError) as error:
        raise DeliveryFailed(
            "The keys of the push subscription are none.", permanent=True
        ) from error
    return body


def public_key_of(vapid: Vapid02) -> str:
    """Return the public key: an uncompressed point in base64url without padding."""
    point = vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
