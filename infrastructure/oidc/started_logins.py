"""What a browser keeps of a login that has begun: sealed, short-lived, usable once."""

import base64
import binascii
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection

from application.ports.oidc import LoginPurpose, LoginRefused
from domain.record import Record
from infrastructure.security.sealed import CannotOpen, Sealed

LIFE_SECONDS = 600
MAX_LENGTH = 4_096  # characters of what a browser keeps

USE = "INSERT INTO used_login_states (state) VALUES (%s) ON CONFLICT DO NOTHING RETURNING state"
# A state is refused after its life anyway.
SWEEP = "DELETE FROM used_login_states WHERE used_at < now() - interval '1 hour'"


class PendingLogin(Record):
    """A login that has begun. `state` is sent to the provider and comes back; `nonce` comes back
    in the ID token; `verifier` proves to the provider that who began also finishes (PKCE)."""

    state: UUID
    provider: str
    nonce: str
    verifier: str
    expires_at: float
    purpose: LoginPurpose


class StartedLogins:
    """Seals what a browser keeps under its state: with another state it cannot be opened."""

    def __init__(self, secret: bytes, clock: Callable[[], datetime] | None = None) -> None:
        """`secret` is the secret of the installation."""
        self._sealed = Sealed(secret, "oidc-login")
        self._clock = clock or (lambda: datetime.now(UTC))

    def begin(self, provider: str, purpose: LoginPurpose) -> PendingLogin:
        return PendingLogin(
            state=uuid4(),
            provider=provider,
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            expires_at=self._clock().timestamp() + LIFE_SECONDS,
            purpose=purpose,
        )

    def kept(self, started: PendingLogin) -> str:
        """Return what the browser keeps."""
        sealed = self._sealed.seal(started.state, msgspec.json.encode(started))
        return base64.urlsafe_b64encode(sealed).decode()

    def read(self, kept: str | None, state: str | None) -> PendingLogin:
        """Return the login that this browser began with this state.

        Raises:
            LoginRefused: it began none, began another one since, or took too long.
        """
        if not kept or len(kept) > MAX_LENGTH or not state:
            raise LoginRefused("This browser began no login. Begin again.")
        try:
            owner = UUID(state)
            sealed = base64.urlsafe_b64decode(kept.encode())
            started = msgspec.json.decode(self._sealed.open(owner, sealed), type=PendingLogin)
        except (CannotOpen, ValueError, binascii.Error, msgspec.MsgspecError):
            raise LoginRefused("This browser began another login. Begin again.") from None
        if started.expires_at <= self._clock().timestamp():
            raise LoginRefused("The login took too long. Begin again.")
        return started


async def use(connection: AsyncConnection, state: UUID) -> bool:
    """Use a state; return False if it was used before."""
    cursor = await connection.execute(USE, (state,))
    return await cursor.fetchone() is not None


async def sweep(connection: AsyncConnection) -> None:
    """Forget the states that have expired."""
    await connection.execute(SWEEP)
