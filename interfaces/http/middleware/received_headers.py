"""The request headers that the edge reads, in one pass over all of them."""

from collections.abc import Iterable

NAMES = frozenset(
    (
        b"x-request-id",
        b"content-length",
        b"authorization",
        b"x-forwarded-for",
        b"traceparent",
        b"origin",
        b"host",
        b"accept-encoding",
        b"transfer-encoding",
    )
)


class ReceivedHeaders:
    """`size` is that of all headers, in bytes as they were sent."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[bytes, list[bytes]] = {}
        size = 0
        for name, value in headers:
            size += len(name) + len(value) + 4  # a colon, a blank and the end of the line
            if name in NAMES:
                if name in self._values:
                    self._values[name].append(value)
                else:
                    self._values[name] = [value]
        self.size = size

    def all(self, name: bytes) -> list[bytes]:
        return self._values.get(name, [])

    def first(self, name: bytes) -> str | None:
        values = self._values.get(name)
        return values[0].decode("latin-1") if values else None

    def last(self, name: bytes) -> bytes | None:
        values = self._values.get(name)
        return values[-1] if values else None
