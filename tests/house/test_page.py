"""The page keeps to the size of the house, has all its words, and stays small."""

import gzip
import re
import statistics
from pathlib import Path

from interfaces.http.page.page_files import FOLDER, VENDORED, read_page_files
from interfaces.http.page.screens import SCREENS
from interfaces.http.rewriting.codings import Coding
from tests.house.test_structure import FEWEST_FILES, MEDIAN_LINES, MOST_FILES, MOST_LINES

MOST_BYTES = 60_000  # of scripts and styles, compressed: what a browser fetches at most
SCRIPTS = sorted(path for path in FOLDER.rglob("*.js") if FOLDER / VENDORED not in path.parents)


def names(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def words(language: str) -> list[str]:
    text = (FOLDER / f"words/{language}.js").read_text()
    return re.findall(r"""(?:^  |, )"?([\w?/-]+)"?: (?:"|\()""", text, re.MULTILINE)


def test_folders_and_files_of_the_page_are_read_at_one_look() -> None:
    folders = {path.parent for path in SCRIPTS} - {FOLDER}
    counts = {names(folder): len(list(folder.glob("*.js"))) for folder in folders}
    assert {n: c for n, c in counts.items() if not FEWEST_FILES <= c <= MOST_FILES} == {}
    lengths = {names(path): len(path.read_text().splitlines()) for path in SCRIPTS}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES


def test_every_script_begins_with_a_sentence_that_says_what_it_is_for() -> None:
    assert [
        names(path) for path in SCRIPTS if not re.match(r"// [A-Z].+\.", path.read_text())
    ] == []


def test_both_languages_have_the_same_words_in_the_same_order() -> None:
    assert words("en") == words("de")
    assert len(words("en")) == len(set(words("en"))) > 150


def test_every_word_that_is_used_exists() -> None:
    used = {
        name
        for path in SCRIPTS
        for name in re.findall(r"""\bt\("([\w?/-]+)"[),]""", path.read_text())
    }
    assert len(used) > 80
    assert used - set(words("en")) == set()


def test_the_server_answers_the_page_at_the_address_of_each_screen() -> None:
    text = (FOLDER / "routes.js").read_text()
    [listed] = re.findall(r"SCREENS = \[(.+?)\]", text, re.DOTALL)
    assert tuple(re.findall(r'"([\w-]+)"', listed)) == SCREENS


def test_scripts_and_styles_together_stay_small() -> None:
    files = read_page_files()
    code = {n: file for n, file in files.assets.items() if n.endswith((".js", ".css"))}
    sizes = {name: len(file.compressed(Coding.GZIP)) for name, file in code.items()}
    sizes["sw.js"] = len(gzip.compress(files.worker))
    languages = [size for name, size in sizes.items() if name.startswith("words/")]
    fetched = sum(sizes.values()) - sum(languages) + max(languages)  # a person has one language
    assert fetched <= MOST_BYTES, sorted(sizes.items(), key=lambda each: -each[1])[:10]


def test_no_template_has_inline_code_or_style() -> None:
    found = {
        names(path): re.findall(
            r"<[a-z][^>`]*\s(?:style|on\w+)=|innerHTML|unsafeHTML|\beval\(", text
        )
        for path in SCRIPTS
        if (text := path.read_text())
    }
    assert {name: hits for name, hits in found.items() if hits} == {}
