"""Refresh tokens: opaque, stored as hashes, usable once; a second use ends the session."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from application.ports.identity import Session

PREFIX = "anr_"  # lets a scanner recognise a leaked token


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
)
SELECT session_id, account_id FROM used
"""
END = """
UPDATE sessions s SET ended_at = now()
FROM refresh_tokens t
WHERE t.token_hash = %s AND s.id = t.session_id AND s.ended_at IS NULL
RETURNING s.id
"""
END_IF_USED = END.replace("RETURNING", "AND t.used_at IS NOT NULL RETURNING")


END_OLDEST = """
UPDATE sessions SET ended_at = now() WHERE ended_at IS NULL AND id IN (
    SELECT id FROM sessions WHERE account_id = %s AND ended_at IS NULL
    ORDER BY started_at DESC, id OFFSET %s
)
"""
# A used token is kept for as long as its second use should end the session.
SWEEP_USED = """
DELETE FROM refresh_tokens
WHERE expires_at < now() OR used_at < now() - interval '7 days'
"""
SWEEP_SESSIONS = """
DELETE FROM sessions s WHERE started_at < now() - interval '1 day'
    AND NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = s.id)
"""


async def begin(
    connection: AsyncConnection, account_id: UUID, life: timedelta, most: int
) -> Session:
    """Begin a session, delete the expired ones of the account, and end the oldest beyond `most`."""
    session = Session(id=uuid4(), account_id=account_id, refresh_token=_new_token())
    await connection.execute(
        "WITH session AS (INSERT INTO sessions (id, account_id) VALUES (%s, %s) RETURNING id)"
        " INSERT INTO refresh_tokens (token_hash, session_id, expires_at)"
        " SELECT %s, id, now() + %s FROM session",
        (session.id, account_id, _hash(session.refresh_token), life),
    )
    await connection.execute(
        "DELETE FROM sessions s WHERE account_id = %s AND NOT EXISTS"
        " (SELECT FROM refresh_tokens t WHERE t.session_id = s.id AND t.expires_at > now())",
        (account_id,),
    )
    await connection.execute(END_OLDEST, (account_id, most))
    return session


async def sweep(connection: AsyncConnection) -> None:
    """Delete the tokens that were used or have expired, and sessions that have none."""
    await connection.execute(SWEEP_USED)
    await connection.execute(SWEEP_SESSIONS)


async def rotate(
    connection: AsyncConnection, token: str, life: timedelta, longest: timedelta
) -> Session | None:
    """Exchange a refresh token for the next one; return None when it is not valid, or when its
    session has lasted for `longest`.

    A second use means that the token was stolen: it ends the whole session.
    """
    following = _new_token()
    cursor = await connection.execute(
        ROTATE, {"hash": _hash(token), "next": _hash(following), "life": life, "longest": longest}
    )
    if row := await cursor.fetchone():
        return Session(id=row[0], account_id=row[1], refresh_token=following)
    await connection.execute(END_IF_USED, (_hash(token),))
    return None


async def end(connection: AsyncConnection, token: str) -> UUID | None:
    """End the session of this token; return its id, or None if it had ended before."""
    cursor = await connection.execute(END, (_hash(token),))
    row = await cursor.fetchone()
    return row[0] if row else None


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
