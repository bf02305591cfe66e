"""Messages of msgspec about a value, which then also say what is right."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from interfaces.http.problems.plain_messages import in_words
from interfaces.http.problems.suggestions import did_you_mean

UNKNOWN = re.compile(r"unknown field `(?P<name>.*)`", re.DOTALL)
STEP = re.compile(r"\[(?:\d+|\.\.\.)\]|[^.\[\]]+")

RIGHT_TIMES = {
    "Invalid RFC3339 encoded datetime": "a date and time with an offset: 2030-01-31T18:00:00Z",
    "Expected `datetime` with a timezone component": (
        "a date and time with an offset: 2030-01-31T18:00:00Z or 2030-01-31T18:00:00+02:00"
    ),
    "Invalid RFC3339 encoded date": "a date: 2030-01-31",
    "Invalid RFC3339 encoded time": "a time of day: 18:00:00",
    "Invalid UUID": "an id: 0192f0c1-7a3e-7c4b-8f21-5b0d9e6a4c17",
}


def explained(message: str, path: str, kind: Any) -> str:
    """Return a message with what is right; `path` leads to the value within a value of `kind`."""
    if right := next((RIGHT_TIMES[said] for said in RIGHT_TIMES if message.startswith(said)), None):
        return f"Expected {right}"
    if message.startswith("Expected `datetime") and "`, got" in message:
        return f"{message}; give {RIGHT_TIMES['Invalid RFC3339 encoded datetime']}"
    if message.startswith("Invalid enum value"):
        allowed = sorted({str(value) for node in _at(kind, path) for value in _values(node)})
        return f"{message}; use {_listed(allowed)}" if allowed else message
    if (unknown := UNKNOWN.search(message)) and (names := _names(kind, path)):
        return f"{message}; {did_you_mean(unknown['name'], names)}"
    return in_words(message)


def _listed(values: list[str]) -> str:
    quoted = [f"`{value}`" for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _names(kind: Any, path: str) -> set[str]:
    structs = [node for node in _at(kind, path) if isinstance(node, inspect.StructType)]
    return {field.encode_name for struct in structs for field in struct.fields}


def _values(node: inspect.Type) -> Iterator[Any]:
    if isinstance(node, inspect.EnumType):
        yield from (member.value for member in node.cls)
    elif isinstance(node, inspect.LiteralType):
        yield from node.values


def _at(kind: Any, path: str) -> list[inspect.Type]:
    """Return the types that a value may have at a path such as `tags[2]` or `keys.auth`."""
    root = _described(kind)
    nodes = [] if root is None else list(_flat(root))
    for step in STEP.findall(path):
        nodes = [inner for node in nodes for part in _inside(node, step) for inner in _flat(part)]
    return nodes


@cache
def _described(kind: Any) -> inspect.Type | None:
    try:
        return inspect.type_info(kind)
    except TypeError:
        return None


def _flat(node: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(node, inspect.Metadata):
        yield from _flat(node.type)
    elif isinstance(node, inspect.UnionType):
        for part in node.types:
            yield from _flat(part)
    else:
        yield node


def _inside(node: inspect.Type, step: str) -> Iterator[inspect.Type]:
    if isinstance(node, inspect.StructType):
        yield from (field.type for field in node.fields if field.encode_name == step)
    elif isinstance(node, inspect.CollectionType):
        yield node.item_type
    elif isinstance(node, inspect.DictType):
        yield node.value_type


def explained_error(error: msgspec.ValidationError, kind: Any) -> str:
    """Return the message of an error about a value of `kind` that is no part of another."""
    return explained(str(error), "", kind)
