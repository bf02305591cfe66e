"""Waiting for a NOTIFY on a connection that listens."""

from psycopg import AsyncConnection


async def wait_for_notification(
    connection: AsyncConnection, *, timeout_seconds: float, payload: str | None = None
) -> bool:
    """Wait until a notification arrives (with this `payload`, if given) or the time is up; return
    whether one has arrived.

    A notification can be lost, so the caller must poll as well.
    """
    stop_after = 1 if payload is None else None
    async for notification in connection.notifies(timeout=timeout_seconds, stop_after=stop_after):
        if payload in {None, notification.payload}:
            return True
    return False
