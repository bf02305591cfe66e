"""What holds Annals to its word."""

import pytest

# A failed assertion of a helper shows its values, as one in a test does.
pytest.register_assert_rewrite("tests.support")
