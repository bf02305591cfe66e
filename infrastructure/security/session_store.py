"""Refresh tokens: opaque, stored as hashes, usable once; a second use ends the session.

That of a cookie is used by every tab of a browser. So for some seconds its second use returns the
same next token: a retry, not a second chain of tokens that a thief could go on with.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from application.ports.identity import SignIn, StoredSession
from domain.errors import Conflict
from domain.vocabulary import SessionEnd

PREFIX = "anr_"  # lets a scanner recognise a leaked token
COOKIE_PREFIX = "anc_"  # a token that only a cookie brings
GRACE = timedelta(seconds=10)  # in which the tabs of a browser may use the same token
REMEMBERED = timedelta(days=180)  # in which a device counts as known, since its last session

# The session decides, not the token: when a session ends during a rotation, its new token is
# invalid from the start.
ROTATE = """
WITH used AS (
    UPDATE refresh_tokens t SET used_at = now()
    FROM sessions s
    WHERE t.token_hash = %(hash)s AND t.used_at IS NULL AND t.expires_at > now()
        AND s.id = t.session_id AND s.ended_at IS NULL
        AND s.started_at > now() - %(longest)s
    RETURNING t.session_id, s.account_id
), renewed AS (
    INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
    SELECT %(next)s, session_id, now() + %(life)s FROM used
), seen AS (
    UPDATE sessions SET last_used_at = now() FROM used WHERE sessions.id = used.session_id
)
SELECT session_id, account_id FROM used
"""
# The next token of a cookie's token that was used a moment ago, and whether it is the present one.
RETRIED = """
SELECT s.id, s.account_id, n.used_at IS NULL AND n.expires_at > now()
FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
    JOIN refresh_tokens n ON n.session_id = s.id AND n.token_hash = %(next)s
WHERE t.token_hash = %(hash)s AND t.used_at > now() - %(grace)s
    AND s.ended_at IS NULL AND s.started_at > now() - %(longest)s
"""
END = """
UPDATE sessions s SET ended_at = now(), end_reason = %(reason)s
FROM refresh_tokens t
WHERE t.token_hash = %(hash)s AND s.id = t.session_id AND s.ended_at IS NULL
RETURNING s.account_id
"""
END_IF_USED = END.replace("RETURNING", "AND t.used_at IS NOT NULL RETURNING")
END_OLDEST = """
UPDATE sessions SET ended_at = now(), end_reason = %s WHERE ended_at IS NULL AND id IN (
    SELECT id FROM sessions WHERE account_id = %s AND ended_at IS NULL
    ORDER BY started_at DESC, id OFFSET %s
)
"""
END_EXPIRED = """
UPDATE sessions s SET ended_at = now(), end_reason = %s WHERE ended_at IS NULL
    AND (s.started_at < now() - %s OR NOT EXISTS (SELECT FROM refresh_tokens t
        WHERE t.session_id = s.id AND t.used_at IS NULL AND t.expires_at > now()))
"""
# A used token is kept for as long as its second use should end the session.
SWEEP_USED = """
DELETE FROM refresh_tokens
WHERE expires_at < now() OR used_at < now() - interval '7 days'
"""
SWEEP_SESSIONS = """
DELETE FROM sessions WHERE end_recorded AND last_used_at < now() - %s
"""


async def begin(
    connection: AsyncConnection,
    account_id: UUID,
    sign_in: SignIn,
    life: timedelta,
    longest: timedelta,
    most: int,
    *,
    for_cookie: bool = False,
) -> StoredSession:
    """Begin a session; end the expired ones of the account, and the oldest beyond `most`."""
    token = _new_token(for_cookie=for_cookie)
    session = StoredSession(id=uuid4(), account_id=account_id, refresh_token=token)
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO sessions (id, account_id, method, device, address)"
            " VALUES (%s, %s, %s, %s, %s)",
            (session.id, account_id, sign_in.method, sign_in.device, sign_in.address),
        )
        await connection.execute(
            "INSERT INTO refresh_tokens (token_hash, session_id, expires_at)"
            " VALUES (%s, %s, now() + %s)",
            (_hash(session.refresh_token), session.id, life),
        )
        await connection.execute(
            f"{END_EXPIRED} AND account_id = %s", (SessionEnd.EXPIRED, longest, account_id)
        )
        await connection.execute(END_OLDEST, (SessionEnd.LIMIT, account_id, most))
    return session


async def is_known(connection: AsyncConnection, account_id: UUID, sign_in: SignIn) -> bool | None:
    """Return whether the account had a session from this device and address; None: it had none
    at all."""
    cursor = await connection.execute(
        "SELECT bool_or(device = %s AND address = %s) FROM sessions WHERE account_id = %s",
        (sign_in.device, sign_in.address, account_id),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def sweep(connection: AsyncConnection, longest: timedelta) -> None:
    """End the sessions that have expired or have lasted for `longest`.

    Delete the tokens that were used or have expired, and sessions that ended long ago.
    """
    await connection.execute(END_EXPIRED, (SessionEnd.EXPIRED, longest))
    await connection.execute(SWEEP_USED)
    await connection.execute(SWEEP_SESSIONS, (REMEMBERED,))


async def rotate(
    connection: AsyncConnection, token: str, secret: bytes, life: timedelta, longest: timedelta
) -> StoredSession | UUID | None:
    """Exchange a refresh token for the next one.

    Return None when it is not valid, or when its session has lasted for `longest`. A second use
    means that the token was stolen: it ends the whole session, and returns the account. The second
    use of a cookie's token within `GRACE` returns the same next token again.

    Raises:
        Conflict: a tab of the browser is two tokens ahead; its cookie is the right one by now.
    """
    for_cookie = is_for_cookie(token)
    following = _following(token, secret) if for_cookie else _new_token()
    given = {"hash": _hash(token), "next": _hash(following), "longest": longest}
    cursor = await connection.execute(ROTATE, {**given, "life": life})
    row = await cursor.fetchone()
    if row is None and for_cookie:
        cursor = await connection.execute(RETRIED, {**given, "grace": GRACE})
        row = await cursor.fetchone()
        if row is not None and not row[2]:
            raise Conflict(row[0])
    if row is not None:
        return StoredSession(id=row[0], account_id=row[1], refresh_token=following)
    return await _end(connection, END_IF_USED, token, SessionEnd.REUSED)


async def end(connection: AsyncConnection, token: str) -> UUID | None:
    """End the session of this token; return its account, or None if it had ended before."""
    return await _end(connection, END, token, SessionEnd.LOGOUT)


async def _end(
    connection: AsyncConnection, statement: str, token: str, reason: SessionEnd
) -> UUID | None:
    cursor = await connection.execute(statement, {"hash": _hash(token), "reason": reason})
    row = await cursor.fetchone()
    return row[0] if row else None


def is_for_cookie(token: str) -> bool:
    """Return whether only a cookie may bring this token."""
    return token.startswith(COOKIE_PREFIX)


def _new_token(*, for_cookie: bool = False) -> str:
    return (COOKIE_PREFIX if for_cookie else PREFIX) + secrets.token_urlsafe(32)


def _following(token: str, secret: bytes) -> str:
    """Return the token after that of a cookie, which nobody can compute without the secret."""
    digest = hmac.digest(secret, token.encode(), hashlib.sha256)
    return COOKIE_PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
