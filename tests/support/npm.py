"""Libraries of npm that tests use: fetched once, by the lock file of a folder, into a cache."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def modules(locked: Path) -> Path:
    """Return a folder with the libraries of the lock file in `locked`, fetched now unless they have
    been. It is in $ANNALS_CACHE or ~/.cache/annals."""
    lock = (locked / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("ANNALS_CACHE") or Path.home() / ".cache/annals")
    folder = cache / f"npm-{locked.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            # Its own folder first: one that exists under the final name is complete.
            fetched = Path(scratch) / "modules"
            fetched.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(locked / name, fetched)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, check=True, timeout=300, cwd=fetched, capture_output=True)
            try:
                fetched.rename(folder)
            except OSError:  # someone else was quicker
                if not folder.exists():
                    raise
    return folder
