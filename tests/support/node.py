"""Node and the libraries that tests use with it, which npm fetches once by a lock file.

They are kept in $ANNALS_CACHE or ~/.cache/annals.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

OLDEST_NODE = 20


def available() -> bool:
    """Whether Node, new enough, and npm are here."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", said.stdout)
    return found is not None and int(found[1]) >= OLDEST_NODE


def modules(here: Path, name: str) -> Path:
    """Return a folder with the libraries of the lock file in `here`, fetched now unless they have
    been."""
    lock = (here / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("ANNALS_CACHE") or Path.home() / ".cache/annals")
    folder = cache / f"{name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            # Its own folder first: one that exists under the final name is complete.
            fetched = Path(scratch) / "modules"
            fetched.mkdir()
            for file in ("package.json", "package-lock.json"):
                shutil.copy(here / file, fetched)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, check=True, timeout=300, cwd=fetched, capture_output=True)
            try:
                fetched.rename(folder)
            except OSError:  # someone else was quicker
                if not folder.exists():
                    raise
    return folder
