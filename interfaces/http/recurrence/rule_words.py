"""A rule in words of the language that a client asks for."""

from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from domain.recurrence.recurrence import Recurrence
from domain.recurrence.words.german_text import german_rule_text
from domain.recurrence.words.text import rule_text
from interfaces.http.protocol.values import Language

OfText: TypeAlias = Annotated[Language, QueryParameter(description="Language of `text`")]


def rule_words(recurrence: Recurrence, language: Language, *, from_completion: bool = False) -> str:
    words = german_rule_text if language == "de" else rule_text
    return words(recurrence, from_completion=from_completion)
