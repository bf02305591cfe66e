"""Parsers of the text of a variable. Each raises ValueError with what the text must be."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from domain.record import Record

_PROVIDER = re.compile(r"[a-z0-9-]{1,32}")
_ISSUER = re.compile(r"https?://[!-\"$->@-~]{1,500}")  # neither a query nor a fragment
_LINK = re.compile(r"https?://[!-;=?-z|~]+")  # printable ASCII without <, >, { and }

Network: TypeAlias = IPv4Network | IPv6Network
T = TypeVar("T")


def text(text: str) -> str:
    return text


def folder(text: str) -> Path:
    return Path(text).expanduser()


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return parse


def address(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return text.rstrip("/")

    return parse


def link(place: str) -> Callable[[str], str]:
    """Parse a URL with a single `place` in it, which stands for ASCII text."""

    def parse(text: str) -> str:
        if text.count(place) != 1 or not _LINK.fullmatch(text.replace(place, "")):
            raise ValueError(f"must be a URL such as https://app.example/{place}")
        return text

    return parse


def several(parse_one: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    def parse(text: str) -> tuple[T, ...]:
        return tuple(parse_one(part.strip()) for part in text.split(",") if part.strip())

    return parse


def pair(text: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in text.partition("="))
    if not (name and sign):
        raise ValueError("must be pairs such as name=value, separated by commas")
    return name, value


def provider_issuer(text: str) -> tuple[str, str]:
    """Parse `name=issuer`. An issuer is compared letter by letter, so nothing is cut off it."""
    name, issuer = pair(text)
    if not _PROVIDER.fullmatch(name):
        raise ValueError("must name each provider in 1 to 32 of a–z, 0–9 and -")
    if not _ISSUER.fullmatch(issuer) or not is_safe_url(issuer):
        raise ValueError("must be pairs such as work=https://id.example; only loopback without TLS")
    return name, issuer


def is_safe_url(url: str) -> bool:
    """Return whether what is sent to the URL stays between the two: TLS, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def is_loopback(host: str) -> bool:
    """Return whether a name or an address is of this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class TopicNumber(Record):
    """A number that holds for a single topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}={self.number}"


def topic_number(least: int, most: int) -> Callable[[str], TopicNumber]:
    """Parse `topic=number`."""
    number_of = whole(least, most)

    def parse(text: str) -> TopicNumber:
        topic, number = pair(text)
        return TopicNumber(topic=topic, number=number_of(number))

    return parse


def yes_or_no(text: str) -> bool:
    return bool(one_of("yes", "no")(text) == "yes")


def network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError("must be networks such as 10.1.0.0/16") from None


class Copies(Record):
    """A verb of the command line, and how many processes run it."""

    verb: str
    count: int = 1

    def __str__(self) -> str:
        return self.verb if self.count == 1 else f"{self.verb}:{self.count}"


def copies(text: str) -> tuple[Copies, ...]:
    return () if text == "none" else several(_one_copies)(text)


def _one_copies(text: str) -> Copies:
    verb, _, count = text.partition(":")
    if not verb.isalpha() or not (count or "1").isdigit():
        raise ValueError("must be verbs with copies (serve:2) or none")
    return Copies(verb=verb, count=int(count or 1))
