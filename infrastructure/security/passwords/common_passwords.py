"""Passwords that guessers try first, and that nobody may choose.

`common_passwords.txt` holds those of ten or more characters among the 20,000 most common passwords
that Django ships (BSD-3-Clause), in lower case, one a line.
"""

import unicodedata
from functools import cache
from pathlib import Path

MIN_DIFFERENT_CHARACTERS = 4  # with fewer, a password of any length is soon guessed


def is_common(password: str) -> bool:
    """Return whether the password is among the first that anybody would try, in any case."""
    normal = unicodedata.normalize("NFKC", password).casefold()
    return len(set(normal)) < MIN_DIFFERENT_CHARACTERS or normal.strip() in _common()


@cache
def _common() -> frozenset[str]:
    listed = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    return frozenset(listed.splitlines())
