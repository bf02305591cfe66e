"""Folders and files have a size that one look takes in."""

import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "projections", "infrastructure", "interfaces")
FEWEST_FILES, MOST_FILES = 3, 13
MOST_LINES, MEDIAN_LINES = 300, 100

# Folders that are smaller, each with the reason.
SMALL_FOLDERS: dict[str, str] = {}
# Folders that are larger, each with the reason.
LARGE_FOLDERS: dict[str, str] = {}


def modules(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


def folders() -> list[Path]:
    """Every folder that has modules."""
    below = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_dir()]
    found = [path for path in [*(ROOT / package for package in PACKAGES), *below] if modules(path)]
    assert len(found) > 20
    return found


def packages(folder: Path) -> list[Path]:
    return [path.parent for path in folder.glob("*/__init__.py")]


def lengths() -> dict[str, int]:
    """The lines of every module, by its path."""
    return {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for folder in [*folders(), ROOT / "alembic" / "versions"]
        for path in modules(folder)
    }


def test_no_folder_without_a_reason_has_more_files_than_one_look_takes_in() -> None:
    counts = {str(folder.relative_to(ROOT)): len(modules(folder)) for folder in folders()}
    large = {name for name, count in counts.items() if count > MOST_FILES}
    assert large == LARGE_FOLDERS.keys()


def test_every_folder_without_packages_has_some_files_or_a_reason() -> None:
    small = {
        str(folder.relative_to(ROOT))
        for folder in folders()
        if len(modules(folder)) < FEWEST_FILES and not packages(folder)
    }
    assert small == SMALL_FOLDERS.keys()


def test_no_file_is_longer_than_a_few_screens() -> None:
    assert {name: lines for name, lines in lengths().items() if lines > MOST_LINES} == {}


def test_half_of_the_files_are_read_at_one_look() -> None:
    assert statistics.median(lengths().values()) <= MEDIAN_LINES


def test_no_merge_was_left_unfinished() -> None:
    tracked = ["git", "-C", str(ROOT), "grep", "--untracked", "-lIE", "^(<{7}|>{7})( |$)"]
    found = subprocess.run(tracked, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def test_every_migration_says_which_one_it_follows() -> None:
    before = ""
    for path in sorted((ROOT / "alembic" / "versions").glob("[0-9]*.py")):
        text, number = path.read_text("utf-8"), path.name[:4]
        assert f"\nRevises: {before}".rstrip() + "\n" in text, path.name
        assert f'\nrevision = "{number}"\n' in text, path.name
        follows = f'"{before}"' if before else "None"
        assert f"\ndown_revision = {follows}\n" in text, path.name
        before = number
