"""Says a recurrence in the language that is asked for."""

from typing import Literal

from domain.recurrence.recurrence import Recurrence
from domain.recurrence.words.german_text import german_rule_text
from domain.recurrence.words.text import rule_text


def rule_words(
    recurrence: Recurrence, language: Literal["en", "de"], *, from_completion: bool = False
) -> str:
    words = german_rule_text if language == "de" else rule_text
    return words(recurrence, from_completion=from_completion)
