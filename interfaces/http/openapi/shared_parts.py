"""Writes what many operations have in common once: problems, parameters and headers."""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec


def share_parts(document: Any) -> None:
    """Move each response, parameter and header that several operations have to the components.

    Parts of the same name that differ stay where they are, unless one of them is used by more
    operations than the others together: that one moves.
    """
    components = document["components"]
    operations = [
        operation for methods in document["paths"].values() for operation in methods.values()
    ]
    for kind, places in (
        ("headers", list(_headers(operations))),
        ("parameters", list(_parameters(operations))),
        ("responses", list(_problems(operations))),
    ):
        shared = _most_used([(name, holder[key]) for name, holder, key in places])
        for name, holder, key in places:
            if name in shared and holder[key] == shared[name]:
                holder[key] = {"$ref": f"#/components/{kind}/{name}"}
        if shared:
            components[kind] = {name: shared[name] for name in sorted(shared)}


def _most_used(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return of each name the part that several operations have."""
    counts: dict[str, Counter[bytes]] = {}
    for name, part in parts:
        counts.setdefault(name, Counter())[msgspec.json.encode(part, order="sorted")] += 1
    shared = {}
    for name, found in counts.items():
        ((part, times),) = found.most_common(1)
        if times > 1 and 2 * times > found.total():
            shared[name] = msgspec.json.decode(part)
    return shared


def _headers(operations: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for operation in operations:
        for response in operation["responses"].values():
            headers = response.get("headers", {})
            for name in headers:
                yield name, headers, name


def _parameters(operations: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for operation in operations:
        parameters = operation.get("parameters", [])
        for index, parameter in enumerate(parameters):
            if parameter["in"] == "header":
                yield parameter["name"], parameters, index


def _problems(operations: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for operation in operations:
        responses = operation["responses"]
        for status in responses:
            if int(status) >= HTTPStatus.BAD_REQUEST:
                yield HTTPStatus(int(status)).phrase.title().replace(" ", ""), responses, status
