"""Whatever the text: nothing of it is lost, and reading it neither fails nor takes long."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.quick_add.draft import Draft
from domain.quick_add.grammar import Grammar
from domain.quick_add.languages.english import ENGLISH as ENGLISH_WORDS
from domain.quick_add.languages.german import GERMAN as GERMAN_WORDS
from domain.quick_add.phrases import GrammarLanguage
from domain.quick_add.reading import MAX_LENGTH, read_draft
from domain.quick_add.spans import SEPARATORS
from domain.recurrence.recurrence import parse_rule
from tests.unit.domain.quick_add.english_sentences import ENGLISH
from tests.unit.domain.quick_add.german_sentences import GERMAN
from tests.unit.domain.quick_add.sentence import NOW

TEXTS = [each.text for each in (*ENGLISH, *GERMAN)]
WORDS = sorted({word for text in TEXTS for word in text.split()})
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca"]

# The characters whose lower or upper case has another length, or is ASCII.
ODD = "İıſKßẞﬁΣς\u0130\u212a\u00a0\u2028\x00\x01\n\t'\"“”„()[]#@!/.:-–,0123456789"
anything = st.text(max_size=MAX_LENGTH) | st.text(alphabet=ODD, max_size=60)
shuffled = st.lists(
    st.sampled_from([*WORDS, " ", ",", "/", "."]) | st.text(max_size=3), max_size=30
)
sentences = shuffled.map(lambda words: " ".join(words)[:MAX_LENGTH])
moments = st.datetimes(datetime(1971, 1, 1), datetime(2990, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)
languages = st.sampled_from(["en", "de", None])


def words(text: str) -> list[str]:
    """The words of a text without what stands between them."""
    return [word for word in re.split(rf"[\s{re.escape(SEPARATORS)}()\[\].!?]+", text) if word]


def outside(draft: Draft) -> str:
    """The text without its spans."""
    rest, end = [], 0
    for span in draft.spans:
        assert end <= span.start < span.end <= len(draft.text)
        rest.append(draft.text[end : span.start])
        end = span.end
    return " ".join([*rest, draft.text[end:]])


@settings(deadline=None, max_examples=300)
@given(anything | sentences, moments, st.sampled_from(ZONES), languages)
@example("Am ſunday İn 3 days 12K #İ", NOW, "Europe/Berlin", None)
def test_title_and_spans_are_the_text_again(
    text: str, now: datetime, timezone: str, language: str | None
) -> None:
    draft = read_draft(text, now, timezone, language=language)
    assert words(draft.title) == words(outside(draft))
    assert all(0 <= each.start < each.end <= len(text) for each in draft.alternatives)
    assert draft.due_on is None or draft.due_at is None
    if draft.rule is not None:
        assert draft.start is not None
        parse_rule(draft.rule, draft.start, timezone)
    if not draft.spans:
        assert draft.due_on is None
        assert draft.due_at is None
        assert draft.title == text.strip()


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(TEXTS), moments, st.integers(0, 6))
def test_a_day_is_never_in_the_past(text: str, now: datetime, days: int) -> None:
    """On any day of the week, in any year, and within a day at most."""
    now += timedelta(days=days)
    draft = read_draft(text, now, "Europe/Berlin")
    if draft.due_on is not None:
        assert draft.due_on >= now.date() - timedelta(days=1)
    if draft.due_at is not None:
        assert draft.due_at > now - timedelta(days=1)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(TEXTS), st.sampled_from(['"{}"', "„{}“", "`{}`", "«{}»"]))
def test_a_quote_is_title(text: str, quotes: str) -> None:
    quoted = quotes.format(text.replace('"', "").replace("„", "").replace("“", ""))
    draft = read_draft(quoted, NOW, "Europe/Berlin")
    assert draft.spans == []
    assert draft.title == quoted


@pytest.mark.parametrize("language", [ENGLISH_WORDS, GERMAN_WORDS], ids=lambda each: each.name)
def test_no_pattern_repeats_without_a_bound(language: GrammarLanguage) -> None:
    """So the time to search a text grows with its length, not with its square."""
    grammar = Grammar(language)
    assert len(grammar.patterns) > 80
    for pattern in grammar.patterns:
        assert not re.search(r"(?<!\\)[*+](?!\])", re.sub(r"\[[^\]]*\]", "", pattern)), pattern
