"""Ports for second factors: what is checked when a password is not enough."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from domain.record import Record
from domain.vocabulary import AccountId, FactorId


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

    async def forget(self, account_id: UUID) -> None:
        """Delete all factors and recovery codes of an account that was deleted."""
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


class BadPasskey(Exception):
    """The passkey proves nothing. The message is fit for the person who sent it."""


class PasskeySite(Record):
    """The site that passkeys are for: its host, and its origin as browsers write it."""

    host: str
    origin: str


class PasskeyOptions(Record):
    """What a browser needs to add or use a passkey (WebAuthn, as JSON). `state` comes back with
    the passkey: within five minutes, and once."""

    options: dict[str, Any]
    state: str


class PasskeyStore(Protocol):
    def options_to_add(self, site: PasskeySite, account_id: UUID, label: str) -> PasskeyOptions:
        """Return what a browser needs to make a passkey; `label` is what it shows."""
        ...

    async def add(
        self, site: PasskeySite, account_id: UUID, state: str, credential: Mapping[str, Any]
    ) -> FactorId:
        """Store a new passkey, which counts once it is confirmed.

        Raises:
            BadPasskey: it was not made here and now by this account, or was added before.
        """
        ...

    def options_to_log_in(self, site: PasskeySite) -> PasskeyOptions:
        """Return what a browser needs to log in with a passkey."""
        ...

    async def owner(
        self, site: PasskeySite, state: str, credential: Mapping[str, Any]
    ) -> AccountId:
        """Return the account of the passkey that signed.

        Raises:
            BadPasskey: it did not sign here and now, or no account has it.
        """
        ...
