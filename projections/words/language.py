"""The languages in which texts about changes are written."""

from enum import IntEnum


class Language(IntEnum):
    """The place of a language in the pairs of texts."""

    ENGLISH = 0
    GERMAN = 1


def language_of(name: str) -> Language:
    """Return the language of a name such as "de", "de-AT" or "fr": English unless it is German."""
    return Language.GERMAN if name.lower().partition("-")[0] == "de" else Language.ENGLISH
