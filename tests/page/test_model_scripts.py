"""Every script is a module of JavaScript, with and without its comments."""

import shutil
import subprocess

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
