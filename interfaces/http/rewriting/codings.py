"""Which coding of a response a client asks for with Accept-Encoding (RFC 9110, 12.5.3)."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from domain.record import Record

_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*\Z")
_LONGEST = 1024  # characters; browsers send 30, and a longer list is read as none


class Coding(StrEnum):
    """What a body can be compressed with, the better coding first."""

    ZSTD = "zstd"
    GZIP = "gzip"


class Wanted(Record):
    """`coding` is the one to use; without it a body stays as it is. `always`: the client refuses
    bodies as they are, so that short ones are compressed too."""

    coding: Coding | None = None
    always: bool = False


_AS_IT_IS = Wanted()


def wanted_coding(accept_encoding: Sequence[bytes]) -> Wanted:
    """Return what the Accept-Encoding headers of a request ask for.

    Of codings that a client likes equally, Zstandard is smaller and costs a third.
    """
    if not accept_encoding:
        return _AS_IT_IS
    together = b",".join(accept_encoding)
    return _wanted(together) if len(together) <= _LONGEST else _AS_IT_IS


@lru_cache(maxsize=64)
def _wanted(accept_encoding: bytes) -> Wanted:
    weights = _weights(accept_encoding.decode("latin-1").lower())
    others = weights.get("*", 0.0)
    found = {coding: weights.get(coding, others) for coding in Coding}
    best = max(Coding, key=lambda coding: found[coding])
    # Where `identity` is not named, a client takes it and likes it least.
    if found[best] == 0 or found[best] < weights.get("identity", 0.0):
        return _AS_IT_IS
    return Wanted(coding=best, always=weights.get("identity", weights.get("*")) == 0)


def _weights(accept_encoding: str) -> Mapping[str, float]:
    """Return the weight of each name; one that is not well-formed counts as a refusal."""
    weights = dict[str, float]()
    for part in accept_encoding.split(","):
        name, semicolon, weight = part.partition(";")
        given = _WEIGHT.match(weight)
        alias = name.strip().removeprefix("x-")  # x-gzip is gzip
        weights[alias] = float(given[1]) if given else 0.0 if semicolon else 1.0
    return weights
