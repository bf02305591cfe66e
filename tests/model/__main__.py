"""Prints what each model finds under the rules: `python -m tests.model`, or with `today`."""

import sys

from tests.model.rules import PROPOSED, TODAY
from tests.model.test_protocols import MODELS, explore

rules = TODAY if "today" in sys.argv else PROPOSED
for name in MODELS:
    sys.stdout.write(f"{name}: {explore(name, rules)}\n")
