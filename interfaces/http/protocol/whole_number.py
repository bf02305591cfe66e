"""Whole numbers in headers and parameters, bounded in length before they are parsed."""

LARGEST = 2**63 - 1  # a bigint, as log positions are

_DIGITS = len(str(LARGEST))


def whole_number(text: str, *, largest: int = LARGEST) -> int | None:
    """Return the number that decimal digits write, from 0 to `largest`; None for other texts.

    Leading zeros count for nothing. Python itself fails on more than 4,300 digits.
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    significant = text.lstrip("0")
    if len(significant) > _DIGITS:
        return None
    number = int(significant or "0")
    return number if number <= largest else None
