"""Hashes of passwords that cost little: few tests are about what a guess costs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infrastructure.security.passwords import hashing

RECOMMENDED = {"MEMORY_KIB": hashing.MEMORY_KIB, "PASSES": hashing.PASSES}
QUICK = {"MEMORY_KIB": 128, "PASSES": 1}


@contextmanager
def quick_hashes() -> Iterator[None]:
    """Hash in this process with few passes over little memory until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setattr(hashing, name, value)
        yield
