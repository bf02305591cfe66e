"""The public keys of a provider, remembered for some minutes."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt

from infrastructure.oidc.provider_requests import ProviderRequests

LIFE_SECONDS = 600.0
# A token with an unknown key may be signed with a new one; many such tokens cause few requests.
REFRESH_SECONDS = 30.0
MAX_KEYS = 100
MIN_RSA_BITS = 2048
# Signatures with public keys alone: with a shared secret, or none, anybody could sign.
KEY_TYPES = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}


class ProviderKeys:
    """Finds the key of a signature; it fetches the keys again when none fits."""

    def __init__(
        self, requests: ProviderRequests, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._requests = requests
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: Sequence[dict[str, Any]] = ()
        self._fetched_at: float | None = None

    async def find(self, url: str, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key at `url` for this key id and algorithm; None if there is none.

        Raises:
            Unavailable: the provider does not answer.
        """
        async with self._lock:
            age = None if self._fetched_at is None else self._clock() - self._fetched_at
            known = self._fitting(kid, algorithm) is not None
            if age is None or age > (LIFE_SECONDS if known else REFRESH_SECONDS):
                await self._fetch(url)
            return self._fitting(kid, algorithm)

    async def _fetch(self, url: str) -> None:
        listed = (await self._requests.get(url)).get("keys")
        keys = listed[:MAX_KEYS] if isinstance(listed, list) else []
        self._keys = [key for key in keys if isinstance(key, dict)]
        self._fetched_at = self._clock()

    def _fitting(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        keys = [key for key in self._keys if _fits(key, algorithm)]
        if kid is not None:
            keys = [key for key in keys if key.get("kid") == kid]
        # Without a key id, the signature must not be tried against one key after the other.
        return _loaded(keys[0], algorithm) if len(keys) == 1 else None


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") == KEY_TYPES.get(algorithm, "")
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and "verify" in key.get("key_ops", ("verify",))
    )


def _loaded(key: dict[str, Any], algorithm: str) -> jwt.PyJWK | None:
    try:
        loaded = jwt.PyJWK(key, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    bits = getattr(loaded.key, "key_size", MIN_RSA_BITS)
    return None if KEY_TYPES[algorithm] == "RSA" and bits < MIN_RSA_BITS else loaded
