"""Ports for second factors: what is checked when a password is not enough."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.record import Record
from domain.vocabulary import FactorId


class NewTotp(Record):
    """A secret for an app that makes codes. It is shown once; `uri` is what a QR code holds."""

    factor_id: FactorId
    secret: str
    uri: str


class SecondFactorStore(Protocol):
    async def is_needed(self, account_id: UUID) -> bool:
        """Return whether the password of the account is not enough."""
        ...

    async def new_totp(self, account_id: UUID, label: str) -> NewTotp:
        """Return a secret that counts once a code of it was confirmed; `label` is for the app."""
        ...

    async def shows_totp(self, account_id: UUID, factor_id: UUID, code: str) -> bool:
        """Return whether this is the present code of a secret that is not confirmed yet."""
        ...

    async def confirm(self, account_id: UUID, factor_id: UUID) -> None:
        """Let a factor count from now on."""
        ...

    async def remove(self, account_id: UUID, factor_id: UUID) -> None:
        """Delete a factor, and the recovery codes with the last one."""
        ...

    async def accepts(self, account_id: UUID, code: str) -> bool:
        """Return whether this is the present code of a confirmed secret; each is accepted once."""
        ...

    async def new_recovery_codes(self, account_id: UUID) -> Sequence[str]:
        """Return codes that each work once, in place of earlier ones."""
        ...

    async def accepts_recovery(self, account_id: UUID, code: str) -> bool:
        """Return whether this is a recovery code that was not used; it is now."""
        ...
