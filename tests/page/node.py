"""Runs the modules of the page in Node, as browsers get them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from interfaces.http.page.page_files import read_modules


@contextmanager
def served_scripts() -> Iterator[Path]:
    """A folder with the modules as they are served, before they are joined."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "package.json").write_text('{"type": "module"}')
        for path, text in read_modules().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        yield folder


def evaluate(script: str, given: Any) -> Any:
    """Return what `export default (given) => …` of a module beside the page's returns, as JSON."""
    with served_scripts() as folder:
        (folder / "test.js").write_text(script)
        (folder / "run.js").write_text(
            'import { readFileSync } from "node:fs";\n'
            'import test from "./test.js";\n'
            'console.log(JSON.stringify(await test(JSON.parse(readFileSync(0, "utf8")))));\n'
        )
        done = subprocess.run(
            [str(shutil.which("node")), folder / "run.js"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
