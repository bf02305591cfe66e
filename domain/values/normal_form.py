"""The normal form of texts: people who write the same word in different ways mean the same.

Compatibility forms (NFKC), case and accents make no difference, nor do characters that show
nothing. Accents are folded where they are accents: the vowel signs of Hindi, the dots of kana and
the Cyrillic letter й are not.
"""

import re
from collections.abc import Sequence
from unicodedata import normalize

from domain.errors import Invalid

# Letters that are decomposed by no normal form, but are typed without their stroke or ligature;
# the forms of alef, yeh, kaf and teh marbuta; the nasal sign of Hindi.
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ŋ": "n",
        "ĸ": "k",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ٱ": "ا",
        "ँ": "ं",
    }
)
_BREVE = "\u0306"
_KEPT = (("и" + _BREVE, "й"), ("у" + _BREVE, "ў"))
# Accents (Latin, Greek, Cyrillic), points (Hebrew, Arabic), tatweel and nukta; soft hyphens,
# joiners and directions; selectors of variants and of skin tones; the key around a keycap.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]+"
)
_BLANK = re.compile("[\u2800\u3164\uffa0\x00-\x1f\x7f-\x9f]+")  # besides white space
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


class ShowsNothing(Invalid):
    """A text of characters that nobody sees."""

    def __init__(self, field: str) -> None:
        super().__init__(field, f"{field} has no visible character; write at least one.")


def normal_form(text: str) -> str:
    """Return the normal form of a text; white space at its ends is cut, elsewhere made a space."""
    return " ".join(folded(text).split())


def visible(field: str, text: str) -> str:
    """Return the text of a field.

    Raises:
        ShowsNothing: it has no visible character.
    """
    if is_blank(text):
        raise ShowsNothing(field)
    return text


def is_blank(text: str) -> bool:
    """Say whether a text shows nothing: white space, characters of no width, blank letters."""
    if text.isascii() and text.isprintable():  # as most texts
        return not text.strip()
    return not _BLANK.sub("", normal_form(text))


def distinct(texts: Sequence[str], known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the first spelling of each text that is not `known` in another."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(normal_form(text), text)
    for text in known:
        first.pop(normal_form(text), None)
    return tuple(first.values())


def folded(text: str) -> str:
    """Return the text with every difference folded that is none; white space stays as it is."""
    if text.isascii():
        return text.lower()
    text = normalize("NFKD", normalize("NFKD", text).casefold())
    for apart, letter in _KEPT:
        text = text.replace(apart, letter)
    text = _DROPPED.sub("", text).translate(_LETTERS)
    return normalize("NFC", _OTHER_DIGIT.sub(_ascii_digit, text))


def _ascii_digit(found: re.Match[str]) -> str:
    return str(int(found[0]))
