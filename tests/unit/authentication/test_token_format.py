"""The form of personal access tokens."""

import re
from pathlib import Path

import pytest

from infrastructure.authentication.token_format import (
    CHECKSUM_LENGTH,
    PATTERN,
    PREFIX,
    digest,
    is_well_formed,
    new_token,
)

SECURITY = Path(__file__).parents[3] / "SECURITY.md"


def test_a_new_token_is_well_formed_and_no_other_is_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert is_well_formed(token)
        assert PATTERN.fullmatch(token)


def test_one_changed_character_is_noticed_at_every_place() -> None:
    token = new_token()
    for place, character in enumerate(token):
        other = "x" if character != "x" else "y"
        assert not is_well_formed(token[:place] + other + token[place + 1 :]), place


def test_two_exchanged_neighbours_are_noticed() -> None:
    token = new_token()
    for place in range(len(PREFIX), len(token) - 1):
        first, second = token[place], token[place + 1]
        exchanged = token[:place] + second + first + token[place + 2 :]
        assert is_well_formed(exchanged) == (first == second), place


@pytest.mark.parametrize("cut", [0, 1, 10, len(PREFIX), -1, -CHECKSUM_LENGTH])
def test_a_part_of_a_token_is_not_well_formed(cut: int) -> None:
    token = new_token()
    assert not is_well_formed(token[:cut])
    assert not is_well_formed(token + "0")
    assert not is_well_formed(f" {token}")
    assert not is_well_formed(f"{token}\n")


def test_the_checksum_is_the_same_in_every_release() -> None:
    assert is_well_formed(f"{PREFIX}{'0' * 40}" + CHECKSUM_OF_ZEROS)
    assert len(digest(new_token())) == 32


CHECKSUM_OF_ZEROS = "192AvB"


def test_scanners_are_told_the_pattern() -> None:
    assert f"`{PATTERN.pattern}`" in SECURITY.read_text()
    found = re.search(PATTERN, f'token = "{new_token()}"')
    assert found is not None
