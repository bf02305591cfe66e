"""Builds the folder of signing keys for `annals keys`."""

from datetime import timedelta

from infrastructure.config.settings import Settings
from infrastructure.security.key_rotation import KeyFolder


def key_folder(settings: Settings) -> KeyFolder:
    """Return the signing keys, to be listed and rotated.

    Raises:
        BadSetting: no folder is named.
    """
    life = timedelta(minutes=settings.access_token_minutes)
    return KeyFolder(settings.require("keys_dir"), life=life)
