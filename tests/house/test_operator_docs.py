"""What operators are told to type exists: verbs, options, files, sections."""

import re
from functools import cache
from pathlib import Path

import click
import pytest

from infrastructure.config.settings import variables
from interfaces.cli.main import COMMANDS, annals
from interfaces.client import saved_login

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.stem != "events"),
]
CONTEXT = click.Context(annals)
# Variables of the tests, not settings of Annals.
OF_TESTS = {"ANNALS_CACHE", "ANNALS_TEST_SEED"}
# Where clients find Annals and their token.
OF_CLIENTS = {saved_login.URL, saved_login.TOKEN}


def each_page() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def command(verb: str) -> click.Command | None:
    return annals.get_command(CONTEXT, verb)


def typed(text: str) -> list[list[str]]:
    """Every `annals …` in the code of a page, in words, as far as they are words and options."""
    code = re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)
    begin = r"(?:^|`|-- )annals "
    found = re.findall(
        begin + r"([a-z-]+(?: +[^\s`|;'\")]+)*)", "\n".join(code), flags=re.MULTILINE
    )
    lines = [line.partition(" #")[0].split() for line in found]  # without comments
    return [words for words in lines if words[0] in COMMANDS]


@each_page()
def test_every_command_it_tells_to_type_exists(page: Path) -> None:
    for words in typed(page.read_text()):
        found = command(words[0])
        assert found
        rest = words[1:]
        if isinstance(found, click.Group) and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
            found, rest = found.get_command(CONTEXT, rest[0]), rest[1:]
            assert found, " ".join(words)
        options = {option for one in found.params for option in one.opts}
        for word in rest:
            if re.fullmatch(r"--[a-z-]+", word):
                assert word in options, " ".join(words)


@each_page()
def test_every_setting_it_names_exists(page: Path) -> None:
    known = {variable.name for variable in variables()} | OF_TESTS | OF_CLIENTS
    assert set(re.findall(r"\bANNALS_[A-Z_]+[A-Z]\b", page.read_text())) <= known


@each_page()
def test_every_link_and_file_it_names_is_there(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:scripts|helm|tests|docs)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name


@each_page()
def test_every_section_it_points_to_is_there(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text()):
        there = (page.parent / target if target else page).read_text()
        headings = re.findall(r"^#+ (.+)$", there, re.MULTILINE)
        assert anchor in {
            re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings
        }, f"{target}#{anchor}"
