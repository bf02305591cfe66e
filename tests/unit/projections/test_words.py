"""Plain pieces of text are cut the short way as the rules cut them."""

import random

import pytest

from projections.views.tasks.words import MAX_JOINED, MAX_WORD, _cut, _cut_apart

LETTERS = "abvz019VA-_.'+#éßÅ日"


@pytest.mark.parametrize("seed", range(5))
def test_random_pieces_are_cut_alike_both_ways(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2_000):
        piece = "".join(chance.choices(LETTERS, k=chance.randint(1, 7)))
        assert _cut(piece) == _cut_apart(piece), piece


@pytest.mark.parametrize("length", [1, MAX_JOINED, MAX_JOINED + 1, MAX_WORD, MAX_WORD + 1])
@pytest.mark.parametrize("letter", ["a", "v", "1"])
def test_long_pieces_are_cut_alike_both_ways(letter: str, length: int) -> None:
    assert _cut(letter * length) == _cut_apart(letter * length)
