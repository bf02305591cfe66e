"""Builds the folder of signing keys for `annals keys`."""

from datetime import timedelta

from infrastructure.config.settings import Settings
from infrastructure.security.key_rotation import KeyFolder


def key_folder(settings: Settings) -> KeyFolder:
    """Return the signing keys, to be listed and rotated.

    Raises:
        BadSetting: no folder is named.
    """
    life = timedelta(minutes=settings.tokens.access_minutes)
    return KeyFolder(settings.tokens.keys_dir_or_fail, life=life)
