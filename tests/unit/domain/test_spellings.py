"""A tag is the same in every spelling, and nothing has a name that nobody sees."""

from collections.abc import Callable

import pytest

from domain.aggregate import fold
from domain.errors import ShowsNothing, TooManyTags
from domain.events.tasks import TaskCreated, TaskTagged, TaskUntagged
from domain.task import Task
from domain.values.normal_form import is_blank, normal_form
from domain.values.task_fields import TaskContentChange, TaskFields
from tests.support.facts import ADA, TASK, history

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def task(*tags: str) -> Task:
    return fold(Task(), history(TaskCreated(owner=ADA, title="Water", tags=tags), stream=TASK))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Home", "home"),
        (COMPOSED, DECOMPOSED),
        ("Straße", "STRASSE"),
        ("İzmir", "izmir"),
        ("ＨＯＭＥ", "home"),
        ("Łódź", "lodz"),
        ("ﬁn", "fin"),
        ("soft\u00adware", "Software"),
        ("👍🏽", "👍"),
        ("٤٢", "42"),
        ("أحمد", "احمد"),
        ("a  b", "a b"),
    ],
)
def test_a_text_is_the_same_in_every_spelling(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)
    assert normal_form(normal_form(one)) == normal_form(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("чай", "чаи"), ("がく", "かく"), ("हिन्दी", "हन्द"), ("ไม่", "ไม"), ("home", "homes")],
)
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_a_tag_in_another_spelling_adds_nothing() -> None:
    assert task("Home", COMPOSED).tag(["home", DECOMPOSED, "HOME"]) == []
    assert task("Home").tag(["new", "New", "home"]) == [TaskTagged(tags=("new",))]
    assert task("Home").change_content(TaskContentChange(tags=("HOME",))) == []


def test_a_new_task_keeps_the_first_spelling() -> None:
    [created] = Task.create(ADA, TaskFields(title="Water", tags=("Home", "home", COMPOSED)))
    assert created == TaskCreated(owner=ADA, title="Water", tags=("Home", COMPOSED))


def test_a_tag_is_removed_in_any_spelling() -> None:
    assert task(COMPOSED, "b").untag("CAFE\u0301") == [TaskUntagged(tags=(COMPOSED,))]
    assert task("b").untag("c") == []


def test_spellings_of_a_tag_count_as_one() -> None:
    fifty = [f"tag{number}" for number in range(50)]
    assert task(*fifty).tag(["TAG7"]) == []
    with pytest.raises(TooManyTags):
        task(*fifty).tag(["another"])


BLANK = [
    "\u200b",
    "\u2060\u200d",
    "\ufe0f",
    "\U000e0101",
    "\u3164",
    "\u2800",
    "\u00ad",
    "\u3000 \u2003",
    "\u202e",
    "\u115f\u1160",
    "\u0301",
]


@pytest.mark.parametrize("blank", BLANK, ids=[ascii(text)[1:-1] for text in BLANK])
@pytest.mark.parametrize(
    "put",
    [
        lambda text: Task.create(ADA, TaskFields(title=text)),
        lambda text: Task.create(ADA, TaskFields(title="Water", tags=("b", text))),
        lambda text: task().change_content(TaskContentChange(title=text)),
        lambda text: task().change_content(TaskContentChange(tags=(text,))),
        lambda text: task().tag([text]),
    ],
    ids=["title", "tags", "changed title", "changed tags", "added tag"],
)
def test_what_shows_nothing_is_refused(put: Callable[[str], object], blank: str) -> None:
    with pytest.raises(ShowsNothing):
        put(blank)


@pytest.mark.parametrize("text", ["a", "👍", "❤️", "¿", "-", "家", "\u200bx", "ی"])
def test_what_shows_something_is_not_blank(text: str) -> None:
    assert not is_blank(text)
