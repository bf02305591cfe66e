"""The seed of everything random in a run: printed with the results, and given to repeat a run.

`ANNALS_TEST_SEED=42 make test` draws again what the run with the seed 42 drew.
"""

import os
import random

VARIABLE = "ANNALS_TEST_SEED"
SEED = int(os.environ.get(VARIABLE) or random.SystemRandom().randrange(2**32))
# Every worker of pytest-xdist draws from the same seed.
os.environ[VARIABLE] = str(SEED)


def seeded(name: str) -> random.Random:
    """A source of randomness that depends on the seed and this name alone, whatever ran before."""
    return random.Random(f"{SEED} {name}")
