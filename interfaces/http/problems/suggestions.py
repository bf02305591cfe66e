"""What a client most likely meant: the right name for one that is almost right."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# Names that other task services use, and what says the same here: the first that applies. A word
# of its own is a field or a parameter, which the request must have; more than a word is advice.
_RECURRENCE = "recurrence|PUT /api/v1/tasks/{id}/recurrence"
_REMINDERS = "reminders|POST /api/v1/tasks/{id}/reminders"
_LIST = "list_id|list"
SYNONYMS: Mapping[str, str] = {
    "body": "description",
    "day": "due_on",
    "completed": "POST /api/v1/tasks/{id}/complete",
    "completed_at": "POST /api/v1/tasks/{id}/complete",
    "content": "title",
    "deadline": "due_at",
    "details": "description",
    "done": "POST /api/v1/tasks/{id}/complete",
    "category": _LIST,
    "due": "due_at",
    "due_date": "due_on",
    "due_datetime": "due_at",
    "duration": "estimate",
    "folder": _LIST,
    "from_date": "due_after",
    "is_recurring": "recurring",
    "label": "tags",
    "labels": "tags",
    "list": _LIST,
    "list_id": _LIST,
    "name": "title",
    "note": "description",
    "notes": "description",
    "offset": "page or cursor",
    "order": "sort",
    "order_by": "sort",
    "page_size": "limit",
    "per_page": "limit",
    "project": _LIST,
    "project_id": _LIST,
    "query": "q",
    "recurrence": _RECURRENCE,
    "recurrence_rule": _RECURRENCE,
    "remind_at": _REMINDERS,
    "reminder": _REMINDERS,
    "reminders": _REMINDERS,
    "repeat": _RECURRENCE,
    "rrule": _RECURRENCE,
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
    for meant in SYNONYMS.get(plain, plain).split("|"):
        if " " in meant or meant in names:
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
