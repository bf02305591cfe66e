"""Parsers of the text of a variable. Each raises ValueError with what the text must be."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from domain.record import Record

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
