"""Every path that the documentation names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The changelog names past files, too.
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE")),
        *(
            page
            for folder in ("docs", "interfaces", "tests")
            for page in (ROOT / folder).rglob("*.md")
        ),
    ]
)
PACKAGES = "alembic|application|domain|infrastructure|interfaces|projections"
FOLDERS = f"{PACKAGES}|docs|helm|requirements|scripts|tests"
# Paths in back ticks, drawings and sentences; media types, globs and "tests/…" are no paths.
PATH = re.compile(
    rf"(?<![\w/.-])(?!application/(?:json|problem|merge-patch))(?:{FOLDERS})/[\w./-]*\w/?(?![\w*{{…])"
)
# The table of ADR 19 names the files from before the move.
MOVED = re.compile(r"^\| `[^|]*\| .*$", re.MULTILINE)


def named(page: Path) -> list[str]:
    text = page.read_text()
    if page.name.startswith("0019-"):
        text = MOVED.sub(lambda row: row[0].split("|", 2)[2], text)
    return PATH.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_it_names_exists(page: Path) -> None:
    assert [path for path in named(page) if not (ROOT / path).exists()] == []


def test_the_guide_to_the_code_names_every_package() -> None:
    guide = set(named(ROOT / "docs/house.md"))
    packages = {
        f"{folder.parent.relative_to(ROOT)}/"
        for name in ("application", "infrastructure", "projections")
        for folder in ROOT.glob(f"{name}/*/__init__.py")
    }
    assert packages - guide == set()


def test_the_guide_to_the_code_names_classes_that_exist() -> None:
    words = set(re.findall(r"[`(]([A-Z][a-z]+[A-Z]\w+)", (ROOT / "docs/house.md").read_text()))
    code = "\n".join(
        path.read_text()
        for folder in (*PACKAGES.split("|"), "tests")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert words
    assert {word for word in words if not re.search(rf"\b{word}\b", code)} == set()
