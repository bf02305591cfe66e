"""TypeScript finds nothing wrong with the types in the comments of the page."""

import shutil
import subprocess
from pathlib import Path

from interfaces.http.page.page_files import FOLDER
from tests.support.npm import modules

HERE = Path(__file__).parent
VENDORED = "vendored/lit-html"


def test_the_types_are_right(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "page")
    # The vendored files have no types; the package that they come from has.
    shutil.rmtree(tmp_path / "page" / VENDORED)
    shutil.copytree(modules(HERE) / "node_modules/lit-html", tmp_path / "page" / VENDORED)
    shutil.copytree(
        modules(HERE) / "node_modules/@types", tmp_path / "node_modules/@types", dirs_exist_ok=True
    )
    shutil.copy(HERE / "tsconfig.json", tmp_path)
    checked = subprocess.run(
        [modules(HERE) / "node_modules/.bin/tsc", "-p", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_what_is_vendored_is_what_the_package_has() -> None:
    package = modules(HERE) / "node_modules/lit-html"
    for file in (FOLDER / VENDORED).rglob("*"):
        if file.is_file():
            origin = package / file.relative_to(FOLDER / VENDORED)
            assert file.read_bytes() == origin.read_bytes(), file.name
