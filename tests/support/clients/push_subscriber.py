"""A browser that subscribes to web pushes, and reads what it is sent."""

import base64
import json
import os
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.servers.channel_servers import Request


class Browser:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """What its PushManager hands out, with a field we have no use for."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _encoded(point), "auth": _encoded(self._auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def read(self, request: Request) -> dict[str, Any]:
        """Decrypt what a push service was given for it."""
        plain = http_ece.decrypt(request.body, private_key=self._key, auth_secret=self._auth)
        read: dict[str, Any] = json.loads(plain)
        return read


def claims_of(request: Request) -> dict[str, Any]:
    """What the sender of a push says of itself; whether it is true, `Vapid02.verify` tells."""
    claims = request.headers["authorization"].split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return said


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
