"""Paths and parameters that other task services have: deprecated, and answered like our own.

The one table of them. A response to an alias names what it stands for.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode


class Alias(NamedTuple):
    """A request of `method` for a path like `path` (a pattern) stands for another."""

    method: str
    path: str
    own_method: str
    own_path: str


ID = r"[0-9a-fA-F-]{36}"
TASK = rf"/api/v1/tasks/({ID})"
ALIASES = (
    Alias("GET", rf"/api/v1/audit/user/({ID})/activity", "GET", r"/api/v1/audit/users/\1/activity"),
    Alias("GET", rf"/api/v1/audit/tasks/({ID})", "GET", r"/api/v1/audit/task/\1"),
    Alias("GET", r"/api/v1/notifications/stream", "GET", r"/api/v1/stream"),
    Alias("PATCH", rf"{TASK}/complete", "POST", r"/api/v1/tasks/\1/complete"),
    Alias("PUT", rf"{TASK}/complete", "POST", r"/api/v1/tasks/\1/complete"),
    Alias("PUT", rf"{TASK}", "PATCH", r"/api/v1/tasks/\1"),
    Alias("POST", rf"{TASK}/recurring", "PUT", r"/api/v1/tasks/\1/recurrence"),
)
LISTS = ("/api/v1/tasks", "/api/v1/tasks/search")
STATUSES: Mapping[str, str] = {
    "active": "open",
    "pending": "open",
    "todo": "open",
    "done": "completed",
    "all": "open,completed,skipped",
}
DEPRECATED = b"@1767225600"  # since 2026-01-01 (RFC 9745): from the start
# Most requests are no alias; this finds out in a microsecond.
MAY_BE_ALIAS = re.compile(
    r"/(?:complete|recurring|activity|notifications/stream)\Z|/audit/tasks/|/tasks/[^/]+\Z"
)
MAY_HAVE_ALIAS = re.compile(rb"sort_|is_recurring|status=|format=json")

_compiled = [(alias, re.compile(alias.path)) for alias in ALIASES]


def own_request(scope: Any) -> Any:
    """Return the scope of the request that an alias stands for; the scope itself if it is none."""
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    changed: dict[str, Any] = {}
    if MAY_BE_ALIAS.search(path):
        for alias, pattern in _compiled:
            if scope["method"] == alias.method and (found := pattern.fullmatch(path)):
                own = found.expand(alias.own_path)
                changed = {"method": alias.own_method, "path": own, "raw_path": own.encode()}
    if MAY_HAVE_ALIAS.search(query) and (own_query := _own_query(path, query)) != query:
        changed["query_string"] = own_query
    return {**scope, **changed} if changed else scope


def deprecation(scope: Any) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response to an alias: use the request of `scope` instead."""
    own = f"<{scope['path']}>".encode() + b'; rel="successor-version"'
    return [(b"deprecation", DEPRECATED), (b"link", own)]


def _own_query(path: str, query: bytes) -> bytes:
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    names = [name for name, _ in given]
    if len(set(names)) < len(names):
        return query  # refused later, as given
    values = dict(given)
    if path in LISTS:
        _rewrite_list(values)
    if path == "/api/v1/audit/export" and values.get("format") == "json":
        values["format"] = "ndjson"
    return query if values == dict(given) else urlencode(values).encode()


def _rewrite_list(values: dict[str, str]) -> None:
    if "is_recurring" in values and "recurring" not in values:
        values["recurring"] = values.pop("is_recurring")
    if values.get("status") in STATUSES:
        values["status"] = STATUSES[values["status"]]
    order = values.get("sort_order", "asc").lower()
    if "sort_by" in values and "sort" not in values and order in {"asc", "desc"}:
        values.pop("sort_order", None)
        values["sort"] = ("-" if order == "desc" else "") + values.pop("sort_by")
