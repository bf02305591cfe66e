"""Reads the OpenAPI document as its clients do."""

from typing import Any

SHARED = ("headers", "parameters", "responses")


def in_place(value: Any, components: Any) -> Any:
    """Return a part of the document with its shared parts in place; schemas stay references."""
    if isinstance(value, list):
        return [in_place(each, components) for each in value]
    if not isinstance(value, dict):
        return value
    kind, _, name = str(value.get("$ref", "")).removeprefix("#/components/").partition("/")
    if kind in SHARED:
        return in_place(components[kind][name], components)
    return {key: in_place(each, components) for key, each in value.items()}
