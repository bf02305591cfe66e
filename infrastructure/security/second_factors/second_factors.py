"""Checks second factors; implements `application.ports.second_factors.SecondFactorStore`."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import pyotp

from application.ports.second_factors import NewTotp
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.sealed import Sealed, derived_key
from infrastructure.security.second_factors import factor_store
from infrastructure.security.second_factors.codes import (
    matching_step,
    new_recovery_codes,
    recovery_digest,
)
from infrastructure.security.second_factors.factor_store import StoredSecret

ISSUER = "Annals"  # as the app shows it


class PostgresSecondFactors:
    """`secret` is the secret of the installation: a copy of the database alone makes no codes."""

    def __init__(
        self, queries: QueryRunner, *, secret: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._queries = queries
        self._sealed = Sealed(secret, "second factor")
        self._key = derived_key(secret, "recovery code")
        self._clock = clock

    async def is_needed(self, account_id: UUID) -> bool:
        return await self._queries.run(factor_store.is_needed, account_id)

    async def new_totp(self, account_id: UUID, label: str) -> NewTotp:
        factor_id, secret = factor_store.new_id(), pyotp.random_base32()
        sealed = self._sealed.seal(factor_id, secret.encode())
        await self._queries.run(factor_store.insert, factor_id, account_id, sealed)
        uri = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)
        return NewTotp(factor_id=factor_id, secret=secret, uri=uri)

    async def shows_totp(self, account_id: UUID, factor_id: UUID, code: str) -> bool:
        found = await self._secrets(account_id, confirmed=False)
        return any([await self._uses(each, code) for each in found if each.id == factor_id])

    async def confirm(self, account_id: UUID, factor_id: UUID) -> None:
        await self._queries.run(factor_store.confirm, account_id, factor_id)

    async def remove(self, account_id: UUID, factor_id: UUID) -> None:
        await self._queries.run(factor_store.remove, account_id, factor_id)

    async def forget(self, account_id: UUID) -> None:
        await self._queries.run(factor_store.forget, account_id)

    async def accepts(self, account_id: UUID, code: str) -> bool:
        found = await self._secrets(account_id, confirmed=True)
        return any([await self._uses(each, code) for each in found])

    async def new_recovery_codes(self, account_id: UUID) -> Sequence[str]:
        codes = new_recovery_codes()
        digests = [self._digest(account_id, code) for code in codes]
        await self._queries.run(factor_store.replace_codes, account_id, digests)
        return codes

    async def accepts_recovery(self, account_id: UUID, code: str) -> bool:
        digest = self._digest(account_id, code)
        return await self._queries.run(factor_store.use_code, account_id, digest)

    async def _secrets(self, account_id: UUID, *, confirmed: bool) -> Sequence[StoredSecret]:
        return await self._queries.run(factor_store.secrets_of, account_id, confirmed=confirmed)

    async def _uses(self, stored: StoredSecret, code: str) -> bool:
        secret = self._sealed.open(stored.id, stored.secret).decode()
        step = matching_step(secret, code, self._clock())
        return step is not None and await self._queries.run(factor_store.use_step, stored.id, step)

    def _digest(self, account_id: UUID, code: str) -> bytes:
        return recovery_digest(self._key, account_id.bytes, code)
