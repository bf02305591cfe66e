"""Real servers out of Python wheels, for a machine that has none: `annals dev` and the tests."""
