"""The sessions of an account: to be listed and ended, and their ends recorded in the log."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.identity.sessions import EndSession
from application.ports.identity import ActiveSession
from domain.record import Record
from domain.vocabulary import SessionEnd, SessionId
from infrastructure.postgres.queries import QueryRunner

BATCH_SESSIONS = 500  # ends recorded at once


class PostgresActiveSessions:
    """A session ends in its table first, so that its refresh token is refused at once, and then in
    the log, from which every process learns of it. What a process that dies leaves unrecorded,
    `record_ends` records later."""

    def __init__(self, queries: QueryRunner, commands: CommandHandler) -> None:
        self._queries = queries
        self._commands = commands

    async def of_account(self, account_id: UUID) -> Sequence[ActiveSession]:
        """Return the sessions that have not ended, the latest used first."""
        return await self._queries.run(_of_account, account_id)

    async def end(
        self, account_id: UUID, session_id: UUID, reason: SessionEnd, context: Context
    ) -> bool:
        """End a session; return False if the account has no session with this id."""
        if not await self._queries.run(_end, account_id, session_id, reason):
            return False
        await self.record_ends(account_id, context)
        return True

    async def end_all(
        self,
        account_id: UUID,
        reason: SessionEnd,
        context: Context,
        *,
        but: UUID | None = None,
    ) -> None:
        """End all sessions of an account, or all others than `but`."""
        await self._queries.run(_end_all, account_id, reason, but)
        await self.record_ends(account_id, context)

    async def record_ends(
        self, account_id: UUID | None = None, context: Context | None = None
    ) -> None:
        """Record the ends that the log does not have yet, of one account or of all."""
        while ended := await self._queries.run(_unrecorded, account_id):
            await asyncio.gather(*(self._record_end(each, context) for each in ended))
            await self._queries.run(_mark_recorded, [session.id for session in ended])

    async def _record_end(self, session: "_Ended", context: Context | None) -> None:
        end = EndSession(session_id=SessionId(session.id), reason=session.reason)
        await self._commands.handle(end, context or _own_context())


class _Ended(Record):
    id: UUID
    reason: SessionEnd


def _own_context() -> Context:
    return Context(actor="system:sessions", now=datetime.now(UTC), correlation_id=uuid4())


async def _of_account(connection: AsyncConnection, account_id: UUID) -> Sequence[ActiveSession]:
    async with connection.cursor(row_factory=class_row(ActiveSession)) as cursor:
        await cursor.execute(
            "SELECT id, method, device, address, started_at, last_used_at FROM sessions s"
            " WHERE account_id = %s AND ended_at IS NULL AND EXISTS (SELECT FROM refresh_tokens t"
            " WHERE t.session_id = s.id AND t.used_at IS NULL AND t.expires_at > now())"
            " ORDER BY last_used_at DESC, id",
            (account_id,),
        )
        return await cursor.fetchall()


async def _end(
    connection: AsyncConnection, account_id: UUID, session_id: UUID, reason: SessionEnd
) -> bool:
    cursor = await connection.execute(
        "UPDATE sessions SET ended_at = coalesce(ended_at, now()),"
        " end_reason = CASE WHEN ended_at IS NULL THEN %s ELSE end_reason END"
        " WHERE account_id = %s AND id = %s",
        (reason, account_id, session_id),
    )
    return cursor.rowcount == 1


async def _end_all(
    connection: AsyncConnection, account_id: UUID, reason: SessionEnd, but: UUID | None
) -> None:
    await connection.execute(
        "UPDATE sessions SET ended_at = now(), end_reason = %s"
        " WHERE account_id = %s AND ended_at IS NULL AND id IS DISTINCT FROM %s",
        (reason, account_id, but),
    )


async def _unrecorded(connection: AsyncConnection, account_id: UUID | None) -> Sequence[_Ended]:
    one = "" if account_id is None else "AND account_id = %(account)s"
    cursor = await connection.execute(
        "SELECT id, coalesce(end_reason, 'logout') FROM sessions"  # noqa: S608 - a constant
        f" WHERE ended_at IS NOT NULL AND NOT end_recorded {one} LIMIT %(most)s",
        {"account": account_id, "most": BATCH_SESSIONS},
    )
    return [_Ended(id=row[0], reason=SessionEnd(row[1])) for row in await cursor.fetchall()]


async def _mark_recorded(connection: AsyncConnection, sessions: list[UUID]) -> None:
    await connection.execute(
        "UPDATE sessions SET end_recorded = true WHERE id = ANY(%s)", [sessions]
    )
