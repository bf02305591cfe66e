"""Runs the benchmarks: `make bench`, or `python -m tests.bench NAME…` for some of them."""

import importlib
import os
import platform
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, table

# Each module has `run() -> list[Figure]`, which measures ours and its baseline in one go.
BENCHES = (
    "append",
    "http",
    "batch",
    "lists",
    "views",
    "recurrence",
    "series",
    "relay",
    "live",
    "mail",
    "notifications",
    "fairness",
    "tree",
)


def main(names: list[str]) -> None:
    known = [name for name in BENCHES if (Path(__file__).parent / f"{name}.py").exists()]
    if unknown := set(names) - set(known):
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(known)}.")
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()};"
        f" load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    figures: list[Figure] = []
    for name in names or known:
        began = time.monotonic()
        print(f"\n{name} …", flush=True)
        found = importlib.import_module(f"tests.bench.{name}").run()
        print(table(found))
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
        figures += found
    print("\n" + table(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
