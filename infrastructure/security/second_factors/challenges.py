"""Challenges of passkeys: sealed, short-lived, for one purpose, and used once."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from domain.record import Record
from infrastructure.security.sealed import CannotOpen, Sealed

LIFE_SECONDS = 300
MAX_LENGTH = 1_024  # characters of a state


class Challenge(Record):
    """What a passkey signs. `account_id` is that of the owner who adds it; None for a login."""

    id: UUID
    value: bytes
    account_id: UUID | None
    expires_at: float


class Challenges:
    """Writes challenges into states, which clients send back, so that a server keeps nothing."""

    def __init__(self, secret: bytes, clock: Callable[[], datetime] | None = None) -> None:
        """`secret` is the secret of the installation."""
        self._sealed = Sealed(secret, "passkey challenge")
        self._clock = clock or (lambda: datetime.now(UTC))

    def new(self, account_id: UUID | None) -> tuple[Challenge, str]:
        """Return a challenge and its state."""
        challenge = Challenge(
            id=uuid4(),
            value=secrets.token_bytes(32),
            account_id=account_id,
            expires_at=self._clock().timestamp() + LIFE_SECONDS,
        )
        sealed = self._sealed.seal(challenge.id, msgspec.json.encode(challenge))
        return challenge, f"{challenge.id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def read(self, state: str, account_id: UUID | None) -> Challenge | None:
        """Return the challenge of a state; None if it is of another purpose, or too old."""
        name, _, text = state[:MAX_LENGTH].partition(".")
        try:
            sealed = base64.urlsafe_b64decode(text.encode())
            content = self._sealed.open(UUID(name), sealed)
            challenge = msgspec.json.decode(content, type=Challenge)
        except (CannotOpen, ValueError, msgspec.MsgspecError):
            return None
        valid = challenge.expires_at > self._clock().timestamp()
        return challenge if valid and challenge.account_id == account_id else None
