"""Passkeys (WebAuthn): how they are added, and how a login with them is checked."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, errors

from application.ports.second_factors import (
    BadPasskey,
    PasskeyOptions,
    PasskeySite,
)
from domain.record import Record
from domain.vocabulary import AccountId, FactorId, FactorKind
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.second_factors import factor_store
from infrastructure.security.second_factors.challenges import Challenge, Challenges

NAME = "Annals"  # as a browser shows it

FIND = """
SELECT id, account_id, public_key, sign_count FROM second_factors
WHERE kind = %s AND credential_id = %s AND confirmed
"""
# A counter that does not grow is that of a copy; many authenticators have none, and send 0.
COUNT = """
UPDATE second_factors SET sign_count = %(count)s
WHERE id = %(id)s AND (sign_count < %(count)s OR (sign_count = 0 AND %(count)s = 0))
"""
ADD = """
INSERT INTO second_factors
    (id, account_id, kind, confirmed, credential_id, public_key, sign_count)
VALUES (%(id)s, %(account)s, %(kind)s, false, %(credential)s, %(key)s, %(count)s)
"""
USE = "INSERT INTO used_login_states (state) VALUES (%s) ON CONFLICT DO NOTHING RETURNING state"

Credential = Mapping[str, Any]


class _Stored(Record):
    id: UUID
    account_id: AccountId
    public_key: bytes
    sign_count: int


class Passkeys:
    """Passkeys verify their owner, by a finger, a face or a PIN: they take the place of a password
    and a second factor. `secret` is the secret of the installation.

    The library is loaded when it is needed: that takes long, and few installations use passkeys.
    """

    def __init__(self, queries: QueryRunner, *, secret: bytes) -> None:
        self._queries = queries
        self._challenges = Challenges(secret)

    def options_to_add(self, site: PasskeySite, account_id: UUID, label: str) -> PasskeyOptions:
        import webauthn
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        challenge, state = self._challenges.new(account_id)
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=NAME,
            user_name=label,
            user_id=account_id.bytes,
            challenge=challenge.value,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return PasskeyOptions(options=_plain(webauthn.options_to_json(options)), state=state)

    async def add(
        self, site: PasskeySite, account_id: UUID, state: str, credential: Credential
    ) -> FactorId:
        import webauthn

        challenge = await self._used(state, account_id)
        try:
            verified = webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge.value,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except Exception as error:
            raise _bad(error) from None
        given = {
            "id": (factor_id := factor_store.new_id()),
            "account": account_id,
            "kind": FactorKind.PASSKEY,
            "credential": verified.credential_id,
            "key": verified.credential_public_key,
            "count": verified.sign_count,
        }
        try:
            await self._queries.run(_execute, ADD, given)
        except errors.UniqueViolation:
            raise BadPasskey("This passkey was added before.") from None
        return factor_id

    def options_to_log_in(self, site: PasskeySite) -> PasskeyOptions:
        import webauthn
        from webauthn.helpers.structs import UserVerificationRequirement

        challenge, state = self._challenges.new(None)
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=challenge.value,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return PasskeyOptions(options=_plain(webauthn.options_to_json(options)), state=state)

    async def owner(self, site: PasskeySite, state: str, credential: Credential) -> AccountId:
        import webauthn

        challenge = await self._used(state, None)
        stored = await self._queries.run(_find, _credential_id(credential))
        if stored is None:
            raise BadPasskey("No account has this passkey.")
        try:
            verified = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge.value,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=stored.public_key,
                credential_current_sign_count=stored.sign_count,
                require_user_verification=True,
            )
        except Exception as error:
            raise _bad(error) from None
        count = {"id": stored.id, "count": verified.new_sign_count}
        if await self._queries.run(_execute, COUNT, count) == 0:
            raise BadPasskey("This passkey seems to have been copied.")
        return stored.account_id

    async def _used(self, state: str, account_id: UUID | None) -> Challenge:
        challenge = self._challenges.read(state, account_id)
        if challenge is None or not await self._queries.run(_use, challenge.id):
            raise BadPasskey("The passkey came too late, or twice. Begin again.")
        return challenge


def _credential_id(credential: Credential) -> bytes:
    import webauthn

    try:
        return webauthn.base64url_to_bytes(str(credential.get("rawId", "")))
    except ValueError:
        raise BadPasskey("This is no passkey.") from None


def _bad(error: Exception) -> BadPasskey:
    """Return the refusal for what the library raised: errors of many kinds for malformed input."""
    return BadPasskey(f"The passkey is not valid here ({type(error).__name__}).")


def _plain(options: str) -> dict[str, Any]:
    return msgspec.json.decode(options, type=dict[str, Any])


async def _execute(connection: AsyncConnection, statement: str, given: Mapping[str, Any]) -> int:
    return (await connection.execute(statement, given)).rowcount


async def _use(connection: AsyncConnection, state: UUID) -> bool:
    return await (await connection.execute(USE, (state,))).fetchone() is not None


async def _find(connection: AsyncConnection, credential_id: bytes) -> _Stored | None:
    cursor = await connection.execute(FIND, (FactorKind.PASSKEY, credential_id))
    row = await cursor.fetchone()
    if row is None:
        return None
    return _Stored(id=row[0], account_id=AccountId(row[1]), public_key=row[2], sign_count=row[3])
