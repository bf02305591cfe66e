"""E-mail addresses: the form in which two are compared, and the characters that are refused."""

import re
import unicodedata

from domain.errors import Invalid

# Letters that people take for Latin letters. An address in these alone reads like another one.
_LOOKS_LATIN = frozenset("аеіјорсухѕһԁԛԝѵӏαινορυօոսցհ")
# Scripts that are written together in one word.
_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)
# A dot at an end of the first part or beside another; a hyphen at an end of a part of the domain.
_MISPLACED = re.compile(r"^\.|\.@|\.\.|[@.]-(?=[^@]*\Z)|-\.(?=[^@]*\Z)|-\Z")


def normal_address(email: str) -> str:
    """Return the form in which addresses are compared: two with the same form are one address.

    Unicode's composed form in lower case. Not case-folded: ß and ss are different addresses.
    """
    composed = unicodedata.normalize("NFC", email.strip())
    return unicodedata.normalize("NFC", composed.lower())


def acceptable_address(field: str, email: str) -> str:
    """Return the address in composed form, if mail can be sent to it and nobody can mistake it for
    another one.

    Raises:
        Invalid: it has characters that cannot be seen, that change the direction of writing, or
            that look like other characters, or dots and hyphens where no mail server accepts
            them; `field` names where it was given.
    """
    composed = unicodedata.normalize("NFC", email.strip())
    if _MISPLACED.search(composed):
        raise Invalid(field, "No mail can be sent to this address: look at its dots and hyphens.")
    foreign = [character for character in composed if not character.isascii()]
    for character in foreign:
        if reason := _objection(character):
            code = f"U+{ord(character):04X}"
            raise Invalid(field, f"The address has the character {code}, which {reason}.")
    local = composed.partition("@")[0]
    scripts = {_script(character) for character in local if character.isalpha()}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        listed = " and ".join(sorted(script.title() for script in scripts))
        raise Invalid(field, f"The address mixes letters of {listed}, which look alike.")
    letters = {character for character in local.lower() if character.isalpha()}
    if letters and letters <= _LOOKS_LATIN:
        raise Invalid(field, "The letters of the address look like Latin letters but are others.")
    return composed


def _objection(character: str) -> str | None:
    """Return what is wrong with a character beyond ASCII; None: nothing."""
    category = unicodedata.category(character)
    if category[0] == "C":
        return "cannot be seen"
    if unicodedata.bidirectional(character) in {"R", "AL", "AN"}:
        return "is written from right to left"
    if unicodedata.normalize("NFKC", character) != character:
        return "looks like another character"
    if category[0] not in "LM":
        return "is not a letter"
    name = unicodedata.name(character, "")
    if category[0] == "M" and name.startswith(("COMBINING", "VARIATION", "CUNEIFORM")):
        return "cannot be seen on its own"
    # Phonetic and historic Latin letters are there to look like the common ones.
    if name.startswith("LATIN") and not (
        character <= "\u024f" or "\u1e00" <= character <= "\u1eff"
    ):
        return "looks like another character"
    return None


def _script(letter: str) -> str:
    """Return the script of a letter, which is the first word of its name in Unicode."""
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]
