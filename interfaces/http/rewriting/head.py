"""HEAD wherever GET is: the same answer without its body; and the methods a resource allows."""

from collections.abc import Iterable, Mapping
from typing import Any


def as_get(scope: Any) -> Any:
    """Return the scope of the GET that a HEAD stands for; that of other methods as it is."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def without_body(send: Any) -> Any:
    """Return a `send` that ends the response with its headers.

    An answer without an end, such as a stream, sees a client that has left.
    """

    async def send_head(message: Any) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


def methods_by_path(routes: Iterable[Any]) -> Mapping[str, frozenset[str]]:
    """Return the methods of each path template: Litestar has several routes for many of them."""
    found: dict[str, set[str]] = {}
    for route in routes:
        found.setdefault(route.path_format, set()).update(getattr(route, "methods", ()))
    return {path: frozenset(methods) for path, methods in found.items()}


def with_all_methods(
    headers: Iterable[tuple[bytes, bytes]], known: frozenset[str]
) -> list[tuple[bytes, bytes]]:
    """Return the headers with a complete Allow, if there is one: `known` methods, and HEAD."""
    return [
        (name, _complete(value, known) if name.lower() == b"allow" else value)
        for name, value in headers
    ]


def _complete(allowed: bytes, known: frozenset[str]) -> bytes:
    methods = {method.strip().upper() for method in allowed.decode("latin-1").split(",")}
    methods = (methods | known) - {"", "WEBSOCKET"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted({*methods, "OPTIONS"})).encode()
