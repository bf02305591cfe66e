"""The installation secret: the file with the signing keys, and the mark of it in the database.

Ids and digests in the log depend on it, so it can never be rotated.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection

from application.ports.startup import BadSetting, CannotStart

NAME = "installation-secret"
MIN_BYTES = 32
_PURPOSE = b"annals installation"  # the mark in the database must tell nothing of other digests


class OtherSecret(CannotStart):
    """The log of the database was begun with another secret."""


def read_installation_secret(folder: Path) -> bytes:
    """Return the secret of a key folder.

    Raises:
        BadSetting: the folder has none, or a short one.
    """
    file = folder / NAME
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadSetting(
            f"ANNALS_KEYS_DIR has no readable {NAME} ({error.strerror}): {file}. Restore the file"
            " from the backup of the keys; without it, the accounts in the log cannot be found."
        ) from None
    if len(secret) < MIN_BYTES:
        raise BadSetting(f"ANNALS_KEYS_DIR has a secret of less than {MIN_BYTES} bytes: {file}.")
    return secret


def has_secret(folder: Path) -> bool:
    """Return whether a key folder has the file; a process may not be given it."""
    return (folder / NAME).exists()


def fingerprint_of(secret: bytes) -> str:
    """Return the mark of a secret, which tells nobody the secret."""
    return hmac.digest(secret, _PURPOSE, hashlib.sha256).hex()


async def confirm_secret(connection: AsyncConnection[Any], secret: bytes) -> None:
    """Compare the secret with the mark in the database; the first process leaves the mark.

    Raises:
        OtherSecret: the log was begun with another secret.
        psycopg.OperationalError: the database does not answer.
    """
    ours = fingerprint_of(secret)
    try:
        found = await _fingerprint(connection)
    except psycopg.errors.UndefinedTable:
        return  # not migrated yet: there is no log either
    if found is None:
        await connection.execute(
            "INSERT INTO installation (fingerprint) VALUES (%s) ON CONFLICT DO NOTHING", (ours,)
        )
        found = await _fingerprint(connection)
    if found != ours:
        raise OtherSecret(
            f"The {NAME} in ANNALS_KEYS_DIR is not the one that this database was begun with:"
            " restore the right file, or use an empty database."
        )


async def _fingerprint(connection: AsyncConnection[Any]) -> str | None:
    cursor = await connection.execute("SELECT fingerprint FROM installation")
    row = await cursor.fetchone()
    return row[0] if row else None
