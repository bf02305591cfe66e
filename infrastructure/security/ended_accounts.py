"""Finishes what a process began that died while it deleted or disabled an account.

Nobody can use these accounts anyway: the log says so. This removes what the tables still have.
"""

from psycopg import AsyncConnection

CREDENTIALS = """
DELETE FROM credentials c USING accounts a WHERE a.id = c.account_id AND a.deleted_at IS NOT NULL
"""
FACTORS = """
DELETE FROM second_factors f USING accounts a
WHERE a.id = f.account_id AND a.deleted_at IS NOT NULL
"""
RECOVERY_CODES = """
DELETE FROM recovery_codes c USING accounts a
WHERE a.id = c.account_id AND a.deleted_at IS NOT NULL
"""
ENDPOINTS = """
UPDATE endpoints e SET removed_at = now() FROM accounts a
WHERE a.id = e.account AND a.deleted_at IS NOT NULL AND e.removed_at IS NULL
"""
# The view may be behind: a session that began after an account was enabled again goes on.
SESSIONS = """
UPDATE sessions s SET ended_at = now(),
    end_reason = CASE WHEN a.deleted_at IS NOT NULL THEN 'deleted' ELSE 'disabled' END
FROM accounts a
WHERE a.id = s.account_id AND s.ended_at IS NULL
    AND s.started_at <= greatest(a.deleted_at, a.disabled_at)
"""


async def finish_ended_accounts(connection: AsyncConnection) -> None:
    """Delete passwords, second factors and addresses of deleted accounts, and end the sessions
    that are left."""
    for statement in (CREDENTIALS, FACTORS, RECOVERY_CODES, ENDPOINTS, SESSIONS):
        await connection.execute(statement)
