"""Sentences mean what people mean by them; what is no date stays title."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.errors import QuickAddRefused, RuleRefused
from domain.quick_add.draft import SpanKind
from domain.quick_add.reading import read_draft
from domain.recurrence.local_time import wall_clock, zone
from tests.unit.domain.quick_add.certain import ENGLISH_CERTAIN, GERMAN_CERTAIN
from tests.unit.domain.quick_add.doubtful import ENGLISH_DOUBTFUL, GERMAN_DOUBTFUL
from tests.unit.domain.quick_add.english_sentences import ENGLISH
from tests.unit.domain.quick_add.german_sentences import GERMAN
from tests.unit.domain.quick_add.not_dates import ENGLISH_TITLES, GERMAN_TITLES
from tests.unit.domain.quick_add.sentence import NOW, ZONE, Meaning, Sentence, meaning_of, read

EVERY = [
    *(("en", sentence) for sentence in [*ENGLISH, *ENGLISH_CERTAIN]),
    *(("de", sentence) for sentence in [*GERMAN, *GERMAN_CERTAIN]),
]
TITLES = [
    *(("en", text) for text in [*ENGLISH_TITLES, *ENGLISH_DOUBTFUL]),
    *(("de", text) for text in [*GERMAN_TITLES, *GERMAN_DOUBTFUL]),
]
# Monday to Sunday; the clocks of Berlin change on 28 March 2027.
WEEK = [datetime(2027, 3, 22, 9, tzinfo=UTC) + timedelta(days=days) for days in range(7)]


@pytest.mark.parametrize("hint", [False, True], ids=["any language", "its language"])
@pytest.mark.parametrize(
    ("language", "sentence"), EVERY, ids=lambda each: getattr(each, "text", each)
)
def test_a_sentence_means_what_people_mean(language: str, sentence: Sentence, hint: bool) -> None:
    draft = read(sentence.text, language=language if hint else None)
    assert meaning_of(draft) == sentence.meaning


@pytest.mark.parametrize("hint", [False, True], ids=["any language", "its language"])
@pytest.mark.parametrize(("language", "text"), TITLES)
def test_what_is_no_date_stays_title(language: str, text: str, hint: bool) -> None:
    draft = read(text, language=language if hint else None)
    assert meaning_of(draft) == Meaning(title=text)


def test_each_language_has_enough_sentences() -> None:
    assert len({each.text for each in ENGLISH}) >= 60
    assert len({each.text for each in GERMAN}) >= 60


NAMES = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
}


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%a}")
@pytest.mark.parametrize(("language", "words"), [("en", "Report {}"), ("de", "Bericht {}")])
def test_a_weekday_is_within_the_next_seven_days_and_never_today(
    now: datetime, language: str, words: str
) -> None:
    for weekday, name in enumerate(NAMES[language]):
        due = read(words.format(name), now).due_on
        assert due is not None
        assert due.weekday() == weekday
        assert 1 <= (due - now.date()).days <= 7


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%a}")
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Report next {}"), ("de", "Bericht nächsten {}"), ("en", "Report {} next week"),
     ("de", "Bericht nächste Woche {}")],
)  # fmt: skip
def test_next_friday_is_the_friday_of_the_next_week(
    now: datetime, language: str, words: str
) -> None:
    for weekday, name in enumerate(NAMES[language]):
        due = read(words.format(name), now).due_on
        assert due == date(2027, 3, 29) + timedelta(days=weekday)


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%a}")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "Report this {}"), ("de", "Bericht diesen {}")]
)
def test_this_friday_is_the_friday_of_this_week_or_no_date(
    now: datetime, language: str, words: str
) -> None:
    for weekday, name in enumerate(NAMES[language]):
        due = read(words.format(name), now).due_on
        day = date(2027, 3, 22) + timedelta(days=weekday)
        assert due == (day if day >= now.date() else None)


def test_a_day_is_that_of_the_zone() -> None:
    # In Auckland it is Thursday already.
    late = datetime(2026, 11, 25, 11, 30, tzinfo=UTC)
    assert read_draft("Report tomorrow", late, "Pacific/Auckland").due_on == date(2026, 11, 27)
    assert read_draft("Report tomorrow", late, "America/Los_Angeles").due_on == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("now", "text", "due"),
    [
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Report tomorrow", "2027-01-01"),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Report Dec 30", "2027-12-30"),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Report Dec 31", "2026-12-31"),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Bericht nächste Woche", "2027-01-04"),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Bericht Montag KW 53", None),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Bericht Freitag KW 53", "2027-01-01"),
        (datetime(2028, 1, 31, 12, tzinfo=UTC), "Report in a month", "2028-02-29"),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "Report in a year", "2029-02-28"),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), "Report tomorrow", "2028-02-29"),
        (datetime(2027, 2, 28, 12, tzinfo=UTC), "Report on the 29th", "2027-03-29"),
        # 2:30 is skipped on the first of these days, and shown twice on the second.
        (datetime(2027, 3, 27, 12, tzinfo=UTC), "Report tomorrow at 02:30", "2027-03-28T03:30"),
        (datetime(2027, 10, 30, 12, tzinfo=UTC), "Report tomorrow at 02:30", "2027-10-31T02:30"),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "Report in 2 hours", "2027-03-28T04:30"),
    ],
)
def test_a_date_is_right_where_the_calendar_is_not_plain(
    now: datetime, text: str, due: str | None
) -> None:
    assert meaning_of(read(text, now)).due == due


def test_a_time_that_is_shown_twice_is_the_first() -> None:
    draft = read("Report tomorrow at 02:30", datetime(2027, 10, 30, 12, tzinfo=UTC))
    assert draft.due_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "part", "values"),
    [
        ("Taxes 03/04", "03/04", ("2027-03-04", "2027-04-03")),
        ("Appointment 12/5/2026", "12/5/2026", ("2026-05-12", "2026-12-05")),
        ("Dinner tomorrow at 7", "at 7", ("07:00", "19:00")),
        ("Dinner Sat", "Sat", ("2026-11-28",)),
        ("Finish before Friday", "before Friday", ("2026-11-27",)),
        ("Report in week 50", "in week 50", ("2026-12-07",)),
        (
            "Review every third Friday",
            "every third Friday",
            ("FREQ=WEEKLY;INTERVAL=3;BYDAY=FR", "FREQ=MONTHLY;BYDAY=3FR"),
        ),
        ("Termin auf Freitag verschieben", "auf Freitag", ("2026-11-27",)),
        ("Urlaub KW 50", "KW 50", ("2026-12-07",)),
        ("Forward 10pm", "10pm", ("22:00",)),
        ("Cancel Friday", "Friday", ("2026-11-27",)),
        ("Set the alarm for 6am", "6am", ("06:00",)),
        ("Watch His Girl Friday", "Friday", ("2026-11-27",)),
        ("Dinner with Robinson and Friday", "Friday", ("2026-11-27",)),
        ("1.5. Wohnung", "1.5.", ("2027-05-01",)),
        ("12.5. kg Mehl", "12.5.", ("2027-05-12",)),
        ("Morgen land Buch", "Morgen", ("2026-11-26",)),
        ("Freitag absagen", "Freitag", ("2026-11-27",)),
    ],
)
def test_what_is_ambiguous_stays_title_and_is_an_alternative(
    text: str, part: str, values: tuple[str, ...]
) -> None:
    draft = read(text)
    (found,) = draft.alternatives
    assert text[found.start : found.end] == part
    assert found.values == values
    assert part in draft.title


@pytest.mark.parametrize(
    "text",
    [
        "Cancel Friday",
        "Watch His Girl Friday",
        "1.5. Wohnung",
        "Morgen land Buch",
        "Freitag absagen",
    ],
)
def test_a_day_that_is_offered_is_read_once_it_is_written_so(text: str) -> None:
    (offered,) = read(text).alternatives
    (day,) = offered.values
    accepted = f"{text[: offered.start]}{day}{text[offered.end :]}"
    assert meaning_of(read(accepted)).due == day


def test_a_span_says_where_and_what() -> None:
    text = "Water the plants every 3 days at 9 #home !high, remind 30m before @garden"
    spans = [(s.kind, text[s.start : s.end], s.value) for s in read(text).spans]
    assert spans == [
        (SpanKind.RECURRENCE, "every 3 days", "FREQ=DAILY;INTERVAL=3"),
        (SpanKind.DUE, "at 9", "09:00"),
        (SpanKind.TAG, "#home", "home"),
        (SpanKind.PRIORITY, "!high", "high"),
        (SpanKind.REMINDER, "remind 30m before", "PT30M"),
        (SpanKind.LIST, "@garden", "garden"),
    ]


def test_a_day_and_the_time_beside_it_are_one_span() -> None:
    draft = read("Call mom on Friday, 4 December, 5pm")
    assert [(s.value, draft.text[s.start : s.end]) for s in draft.spans] == [
        ("2026-12-04T17:00", "on Friday, 4 December, 5pm")
    ]
    apart = read("At 9am call mom on Friday")
    assert [s.value for s in apart.spans] == ["09:00", "2026-11-27"]
    assert meaning_of(apart) == Meaning(title="call mom", due="2026-11-27T09:00")


def test_a_part_that_is_kept_stays_title() -> None:
    text = "Watch Friday tomorrow #film"
    assert read(text).due_on is None  # two days
    kept = read_draft(text, NOW, ZONE, kept=[(6, 12), (22, 27)])
    assert meaning_of(kept) == Meaning(title="Watch Friday #film", due="2026-11-26")


def test_without_lists_a_list_stays_title() -> None:
    draft = read_draft("Report @work tomorrow", NOW, ZONE, lists=())
    assert (draft.title, draft.list_name) == ("Report @work", None)


def test_a_reminder_without_a_day_stays_title() -> None:
    text = "Report remind me 1h before"
    assert meaning_of(read(text)) == Meaning(title=text)


def test_the_first_occurrence_is_the_next_that_has_not_passed() -> None:
    for text, first in (
        ("Yoga every Wednesday at 9am", datetime(2026, 12, 2, 9)),
        ("Yoga every Wednesday at 11am", datetime(2026, 11, 25, 11)),
        ("Yoga every other Wednesday at 9am", datetime(2026, 12, 2, 9)),
    ):
        assert read(text).start == first, text


def test_a_title_can_be_empty() -> None:
    assert read("tomorrow").title == ""


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda: read("x" * 501), QuickAddRefused),
        (lambda: read("x", language="fr"), QuickAddRefused),
        (lambda: read_draft("x", NOW, "Europe/Berln"), RuleRefused),
    ],
)
def test_what_cannot_be_read_is_refused(
    refused: Callable[[], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        refused()


def test_the_sentences_are_read_on_a_wednesday() -> None:
    assert f"{wall_clock(NOW, zone(ZONE)):%A %H:%M}" == "Wednesday 10:00"
