"""Runs Annals under faults and judges what is left: `python -m tests.history --minutes 5`."""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.history.run import Chaos

parser = argparse.ArgumentParser(prog="python -m tests.history", description=__doc__)
parser.add_argument("--minutes", type=float, default=5)
parser.add_argument("--seed", type=int, default=None)
parser.add_argument("--history", type=Path, default=None, help="the folder the history goes into")
given = parser.parse_args()
seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
folder = given.history or Path(tempfile.mkdtemp(prefix="annals-history-"))
folder.mkdir(parents=True, exist_ok=True)
sys.stdout.write(f"{given.minutes:g} minutes, seed {seed}, history in {folder}\n")
sys.stdout.flush()
report = asyncio.run(Chaos(60 * given.minutes, seed, folder).run())
sys.stdout.write(f"{report}\n")
sys.exit(bool(report.violations))
