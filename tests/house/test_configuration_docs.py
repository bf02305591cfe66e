"""docs/configuration.md tells of every variable what the code knows of it."""

from pathlib import Path

from infrastructure.config.settings import as_markdown

PAGE = Path(__file__).parents[2] / "docs/configuration.md"


def test_the_table_of_variables_is_the_one_in_the_code() -> None:
    assert as_markdown() in PAGE.read_text(), f"{PAGE.name} should have:\n\n{as_markdown()}"
