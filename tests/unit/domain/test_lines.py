"""Titles, names and tags are one visible line, whichever program shows them."""

from typing import Any

import msgspec
import pytest

from domain.errors import Invalid
from domain.identity.account import Account
from domain.values.normal_form import ShowsNothing
from domain.values.task_fields import checked_tags
from domain.vocabulary import Name, Tag, Title

# Whatever a program may take for the end of a line, or a terminal for a command.
ENDS = [chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029)]


@pytest.mark.parametrize("kind", [Title, Name, Tag], ids=["title", "name", "tag"])
def test_nothing_ends_a_line_or_commands_a_terminal(kind: Any) -> None:
    accepted = []
    for end in ENDS:
        try:
            accepted.append(msgspec.convert(f"a{end}b", kind))
        except msgspec.ValidationError:
            continue
    assert accepted == []
    assert all(end in ENDS for end in map(chr, range(0x3000)) if len(f"a{end}b".splitlines()) > 1)
    for good in ("a", "a b", "é", "水をやる", "👩\u200d🚀", "a\u00a0b"):
        assert msgspec.convert(good, kind) == good


@pytest.mark.parametrize("name", ["\u200b", "\u202e", "\u3164", "\u00ad \u2800"], ids=ascii)
def test_a_name_shows_something(name: str) -> None:
    with pytest.raises(ShowsNothing):
        Account.register("ada@annals.example", name)
    with pytest.raises(ShowsNothing):
        Account(name="Ada").rename(name)


@pytest.mark.parametrize("tag", [".", ".."])
def test_a_tag_is_no_other_place_of_an_address(tag: str) -> None:
    """A client that removes `..` from a task would send DELETE to the task itself."""
    with pytest.raises(Invalid):
        checked_tags(["home", tag])
    assert checked_tags(["...", ".net", "v1..2"]) == ("...", ".net", "v1..2")
