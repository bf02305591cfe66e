"""The keys that sign and verify tokens, reloaded when their folder changes."""

import time
from pathlib import Path

import structlog

from application.ports.startup import BadSetting
from infrastructure.security.key_files import Key, SigningKey, key_files, load_key

log = structlog.get_logger()

RELOAD_SECONDS = 5.0  # between checks of the folder


class KeyRing:
    """Publishes every key of a folder and verifies with it; the last active key signs.

    `annals keys rotate` renames the files: a key is published as `….next.pem` before it signs,
    and as `….retired-….pem` until its last token has expired. Running processes notice within
    seconds; `version` changes with the keys.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, Key] = {}
        self._checked_at = 0.0
        self._loaded: object = None
        self._last_error = ""
        self.version = 0
        self._read()

    @property
    def signing(self) -> SigningKey:
        self.reload()
        return self._signing

    def find(self, kid: str) -> Key | None:
        if kid not in self._keys:
            self.reload()
        return self._keys.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public halves as a JSON Web Key Set (RFC 7517)."""
        self.reload()
        return {"keys": [key.jwk for key in self._keys.values()]}

    def reload(self) -> bool:
        """Read the folder again if it has changed, at most every few seconds; say if it had."""
        if time.monotonic() - self._checked_at < RELOAD_SECONDS:
            return False
        self._checked_at = time.monotonic()
        try:
            if self._fingerprint() == self._loaded:
                return False
            self._read()
        except (BadSetting, OSError) as error:
            # Half a file, or half a rotation: keep the loaded keys until it is complete.
            if str(error) != self._last_error:
                self._last_error = str(error)
                log.warning("key_reload_failed", error=self._last_error)
            return False
        return True

    def _read(self) -> None:
        self._checked_at = time.monotonic()
        loaded = self._fingerprint()
        found = [(file, load_key(file.path)) for file in key_files(self._folder)]
        signing = [
            (file, key)
            for file, key in found
            if isinstance(key, SigningKey) and file.state == "active"
        ]
        if not signing:
            raise BadSetting(f"ANNALS_KEYS_DIR has no RSA private key (*.pem) in {self._folder}.")
        self._keys = {key.kid: key for _, key in found}
        file, self._signing = signing[-1]
        self.signing_since = file.since
        self._loaded = loaded
        self._last_error = ""
        self.version += 1

    def _fingerprint(self) -> object:
        return sorted(
            (file.name, (stat := file.stat()).st_mtime_ns, stat.st_size)
            for file in self._folder.glob("*.pem")
        )
