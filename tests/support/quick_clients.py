"""HTTP clients that share a TLS context: each would read all certificates, for 20 milliseconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx
import pytest


@contextmanager
def quick_clients() -> Iterator[None]:
    """Read the certificates once for all clients that this process makes in the block."""
    with pytest.MonkeyPatch.context() as patch:
        shared = cache(httpx.create_ssl_context)
        patch.setattr("httpx._transports.default.create_ssl_context", shared)
        yield
