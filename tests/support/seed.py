"""The seed of everything random in a run: printed with the results, and given to repeat a run.

`ANNALS_TEST_SEED=42 make test` draws again what the run with the seed 42 drew.
"""

import os
import random

VARIABLE = "ANNALS_TEST_SEED"
# Kept in the environment, so that every worker of pytest-xdist draws from the same seed.
SEED = int(os.environ.setdefault(VARIABLE, str(random.SystemRandom().randrange(2**32))))


def seeded(name: str) -> random.Random:
    """A source of randomness that depends on the seed and this name alone, whatever ran before."""
    return random.Random(f"{SEED} {name}")
