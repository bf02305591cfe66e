"""Runs the benchmarks: `make bench`, or `python -m tests.bench NAME…` for some of them.

After the name of a benchmark with `ROWS`, words name some of these: `fairness histories exports`.
"""

import importlib
import os
import platform
import sys
import time

from tests.bench.figures import Figure, table

# Each module has `run() -> list[Figure]`, which measures ours and its baseline in one go.
BENCHES = (
    "append",
    "http",
    "batch",
    "lists",
    "views",
    "view_lag",
    "search",
    "recurrence",
    "series",
    "relay",
    "live",
    "mail",
    "notifications",
    "assistants",
    "fairness",
    "tree",
    "page",
)
# These take long, and run by their name only.
LONG = ("three_million",)


def main(names: list[str]) -> None:
    wanted = _wanted(names, [*BENCHES, *LONG]) if names else {name: [] for name in BENCHES}
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()};"
        f" load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    figures: list[Figure] = []
    for name, rows in wanted.items():
        began = time.monotonic()
        print(f"\n{name} …", flush=True)
        run = importlib.import_module(f"tests.bench.{name}").run
        found = run(rows) if rows else run()
        print(table(found))
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
        figures += found
    print("\n" + table(figures))


def _wanted(names: list[str], known: list[str]) -> dict[str, list[str]]:
    """Return the benchmarks that are named, each with the rows of it that are."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        if name in known:
            wanted[name] = []
            continue
        last = next(reversed(wanted), None)
        rows = getattr(importlib.import_module(f"tests.bench.{last}"), "ROWS", ()) if last else ()
        found = [row for row in rows if name in row]
        if last is None or not found:
            raise SystemExit(f"No such benchmark: {name}. There are: {', '.join([*known, *rows])}.")
        wanted[last] += found
    return wanted


if __name__ == "__main__":
    main(sys.argv[1:])
