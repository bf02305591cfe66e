"""Encrypts secrets that must be stored, under keys derived from the installation secret.

A copy of the database alone tells nobody what was sealed: the secret is not in it.
"""

import os
from functools import cached_property
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"  # the first byte of what is stored, so that a later form can be told apart


class CannotOpen(ValueError):
    """The bytes were changed, belong to another owner or purpose, or were sealed elsewhere."""


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose. Keys of different purposes tell nothing of each
    other, nor of the secret."""
    info = f"annals {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


class Sealed:
    """Seals and opens the secrets of one purpose: AES-256-GCM, bound to the owner of each."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        """`secret` is the secret of the installation."""
        self._secret = secret
        self._purpose = purpose

    def seal(self, owner: UUID, content: bytes) -> bytes:
        """Return what may be stored: a version, a nonce, and the encrypted content with its tag."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, self._bound_to(owner))

    def open(self, owner: UUID, sealed: bytes) -> bytes:
        """Return the content.

        Raises:
            CannotOpen: it was not sealed here for this owner, or was changed since.
        """
        version, nonce = sealed[:1], sealed[1 : 1 + NONCE_BYTES]
        if version != VERSION or len(nonce) < NONCE_BYTES:
            raise CannotOpen(f"This is no sealed {self._purpose}.")
        try:
            return self._cipher.decrypt(nonce, sealed[1 + NONCE_BYTES :], self._bound_to(owner))
        except InvalidTag:
            raise CannotOpen(f"This {self._purpose} was not sealed for {owner}.") from None

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(derived_key(self._secret, self._purpose))

    def _bound_to(self, owner: UUID) -> bytes:
        return VERSION + owner.bytes
