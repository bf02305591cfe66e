"""Every script is a module of JavaScript, short and joined with others."""

import shutil
import subprocess
from pathlib import Path

from interfaces.http.page.page_files import read_page_files
from tests.page.node import served_scripts


def test_every_script_as_it_is_served_is_a_module() -> None:
    with served_scripts() as folder:
        scripts = sorted(folder.rglob("*.js"))
        assert len(scripts) > 30
        for script in scripts:
            checked = subprocess.run(
                [str(shutil.which("node")), "--check", script],
                capture_output=True,
                text=True,
                check=False,
            )
            assert checked.returncode == 0, checked.stderr


def test_every_file_of_joined_scripts_is_a_module(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    joined = {n: f for n, f in read_page_files().assets.items() if n.endswith(".js")}
    assert {"app.js", "words/en.js", "screens/further.js"} <= set(joined)
    for name, file in joined.items():
        script = tmp_path / name.replace("/", "-")
        script.write_bytes(file.body)
        checked = subprocess.run(
            [str(shutil.which("node")), "--check", script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
