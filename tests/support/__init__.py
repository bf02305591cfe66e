"""What tests share: servers, processes and clients, facts to start from, and how to tell them."""

from pathlib import Path

import pytest

# A failed assertion of a helper shows its values, as one in a test does.
pytest.register_assert_rewrite(
    *(f"{__name__}.{found.stem}" for found in Path(__file__).parent.glob("[a-z]*"))
)
