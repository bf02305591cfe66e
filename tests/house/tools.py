"""Tools that no package index has: found in the PATH or a cache, and built there by Go on request.

`python -m tests.house.tools helm promtool` builds what is missing into $ANNALS_CACHE or
~/.cache/annals. Tests never build: they use what is there, and say what is not.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "helm": "helm.sh/helm/v3/cmd/helm@v3.19.0",
    "promtool": "github.com/prometheus/prometheus/cmd/promtool@v0.306.0",
}
TIMEOUT_SECONDS = 1200
CACHE = Path(os.environ.get("ANNALS_CACHE") or Path.home() / ".cache/annals") / "bin"


def find(name: str) -> str | None:
    """Return where the tool is, None when it is nowhere."""
    return shutil.which(name) or shutil.which(name, path=CACHE)


def build(name: str) -> None:
    """Have Go build the tool into the cache. Its checksum database vouches for the sources.

    Raises:
        OSError: there is no Go, or no room.
        CalledProcessError: it could not; what Go says about it has been shown.
        TimeoutExpired: it took longer than it may.
    """
    package, _, version = PACKAGES[name].partition("@")
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE.parent / f"build-{name}-{os.getpid()}"
    folder.mkdir()
    try:
        # A module of our own around it: `go install` refuses modules that replace others.
        _go(folder, "mod", "init", "tools")
        _go(folder, "get", f"{package}@{version}")
        _go(folder, "build", "-o", name, package)
        (folder / name).rename(CACHE / name)
    finally:
        shutil.rmtree(folder)


def _go(folder: Path, *words: str) -> None:
    done = subprocess.run(
        ["go", *words],
        cwd=folder,
        check=False,
        timeout=TIMEOUT_SECONDS,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()


def main(names: Sequence[str]) -> int:
    """Build what is missing; return how many could not be built, each named with the reason."""
    missing = 0
    for name in names:
        if find(name) is None:
            sys.stderr.write(f"building {name} into {CACHE}, once\n")
            try:
                build(name)
            except (OSError, subprocess.SubprocessError) as error:
                sys.stderr.write(f"missing: {name} ({error})\n")
                missing += 1
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
