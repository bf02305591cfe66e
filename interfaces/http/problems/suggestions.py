"""What a client most likely meant: the right name for one that is almost right."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# Names that other task services use, and what says the same here. A word of its own is a field or
# a parameter; more than a word is advice.
SYNONYMS: Mapping[str, str] = {
    "body": "description",
    "day": "due_on",
    "completed": "POST /api/v1/tasks/{id}/complete",
    "completed_at": "POST /api/v1/tasks/{id}/complete",
    "content": "title",
    "deadline": "due_at",
    "details": "description",
    "done": "POST /api/v1/tasks/{id}/complete",
    "due": "due_at",
    "due_date": "due_on",
    "due_datetime": "due_at",
    "duration": "estimate",
    "from_date": "due_after",
    "is_recurring": "recurring",
    "label": "tags",
    "labels": "tags",
    "name": "title",
    "note": "description",
    "notes": "description",
    "offset": "page or cursor",
    "order": "sort",
    "order_by": "sort",
    "page_size": "limit",
    "per_page": "limit",
    "query": "q",
    "recurrence": "PUT /api/v1/tasks/{id}/recurrence",
    "recurrence_rule": "PUT /api/v1/tasks/{id}/recurrence",
    "reminder": "POST /api/v1/tasks/{id}/reminders",
    "reminders": "POST /api/v1/tasks/{id}/reminders",
    "repeat": "PUT /api/v1/tasks/{id}/recurrence",
    "rrule": "PUT /api/v1/tasks/{id}/recurrence",
    "search": "q",
    "size": "limit",
    "state": "status",
    "status": "POST /api/v1/tasks/{id}/complete or /reopen",
    "sort_by": "sort",
    "sort_order": "sort (-due_at is descending)",
    "summary": "title",
    "tag": "tags",
    "task": "title",
    "text": "title",
    "username": "email",
    "user": "email",
}
CLOSE = 0.6  # similarity from 0 to 1


def suggested(name: str, known: Iterable[str]) -> str | None:
    """Return the name, or the advice, that `name` most likely stands for."""
    names = sorted(known)
    plain = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name[:60])
    plain = plain.strip("_").replace("-", "_")
    if plain in names:
        return plain
    meant = SYNONYMS.get(plain)
    if meant is not None and (" " in meant or meant in names):
        return meant
    close = get_close_matches(plain, names, n=1, cutoff=CLOSE)
    return close[0] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names what was meant, or what there is."""
    names = sorted(known)
    meant = suggested(name, names)
    if meant is None:
        return f"known are: {', '.join(names) or 'none'}"
    return f"did you mean `{meant}`?"
