"""Vendored files are unchanged copies, with their origin and licence beside them."""

import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "interfaces/http/openapi/vendored"
README = (FOLDER / "README.md").read_text()
LIT = ROOT / "interfaces/page/vendored"


def test_rapidoc_is_the_file_whose_hash_the_readme_states() -> None:
    [stated] = re.findall(r"`([0-9a-f]{64})`", README)
    content = (FOLDER / "rapidoc-min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == stated


def test_file_readme_and_notice_name_the_same_version() -> None:
    [version] = re.findall(r"^\| Version \| ([\d.]+) \|$", README, re.MULTILINE)
    assert f"/*! RapiDoc {version} |" in (FOLDER / "rapidoc-min.js").read_text()[:200]
    assert f"RapiDoc {version} " in (ROOT / "NOTICE").read_text()


def test_the_licence_stands_beside_the_file() -> None:
    licence = (FOLDER / "rapidoc-min.js.LICENSE.txt").read_text()
    assert "Mrinmoy Majumdar" in licence
    assert "Permission is hereby granted" in licence


def test_lit_html_is_the_files_whose_hashes_its_readme_states() -> None:
    readme = (LIT / "README.md").read_text()
    stated = dict(re.findall(r"^\| `(lit-html/\S+)` \| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    files = {path.relative_to(LIT).as_posix(): path for path in LIT.rglob("*.js")}
    assert {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    } == stated
    [version] = re.findall(r"^\| Version \| ([\d.]+) \|$", readme, re.MULTILINE)
    assert version in (LIT / "lit-html/lit-html.js").read_text()
    assert f"lit-html {version} " in (ROOT / "NOTICE").read_text()
    assert "BSD 3-Clause" in (LIT / "lit-html/LICENSE").read_text()


def test_git_counts_vendored_files_as_such() -> None:
    files = sorted(path for path in FOLDER.iterdir() if path.suffix != ".md")
    files += sorted(path for path in (LIT / "lit-html").rglob("*") if path.is_file())
    answer = subprocess.run(
        ["git", "check-attr", "linguist-vendored", "--", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(answer) == len(files) == 9
    assert all(line.endswith(": linguist-vendored: set") for line in answer), answer
