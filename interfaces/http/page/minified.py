"""Makes scripts and styles short: without comments, without spaces that mean nothing, and with
short names for what only one block can see."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping

# The minifier is written in Go: loaded here, it would keep 10 MB and five threads for as long as
# the server runs. So a process of its own does the work, and ends.
_PROGRAM = """
import json, sys, minify
kinds = {".js": "application/javascript", ".css": "text/css"}
files = json.load(sys.stdin)
for name, text in files.items():
    files[name] = minify.string(kinds[name[name.rindex("."):]], text)
json.dump(files, sys.stdout)
"""
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)
_LICENCE = re.compile(r"/\*\*(?=[\s*]*@license)")
MOST_SECONDS = 60


def minified(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return scripts (.js) and styles (.css) by their names. Comments with a licence stay.

    Raises:
        RuntimeError: a file is no script or style.
    """
    done = subprocess.run(  # noqa: S603 - the program is ours, and no shell reads it
        [sys.executable, "-I", "-c", _PROGRAM],
        input=json.dumps({name: _LICENCE.sub("/*!", text) for name, text in files.items()}),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The page cannot be made short: {done.stderr.strip()}")
    short: Mapping[str, str] = json.loads(done.stdout)
    return short


def without_indent(text: str) -> str:
    """Leave out the spaces around each line, also in templates: HTML has no use for them."""
    return _INDENT.sub("", text)
