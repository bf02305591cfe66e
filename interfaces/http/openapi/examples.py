"""Examples in the OpenAPI document: values as they really occur, by the name of their field."""

from collections.abc import Mapping
from typing import Any

ID = "0192f0c1-7a3e-7c4b-8f21-5b0d9e6a4c17"
MOMENT = "2030-01-31T18:00:00Z"
PUBLIC_KEY = (
    "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
)
CURSOR = "WyI5ZjNhIiwiMjAzMC0wMS0zMVQxODowMDowMFoiXQ"

BY_NAME: Mapping[str, Any] = {
    "Annals-Min-Position": 1042,
    "If-Match": '"3"',
    "If-None-Match": '"3"',
    "Idempotency-Key": "5f0c2b1e-create-task",
    "X-Request-ID": "checkout-4711",
    "Last-Event-ID": "1042",
    "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwMTkyIn0.c2ln",
    "action": "task.completed",
    "actor": ID,
    "added_at": MOMENT,
    "address": "ada@annals.example",
    "after": 1042,
    "at_most": 3,
    "auth": "tBHItJI5svbpez7KI4CCXg",
    "before": "PT1H",
    "changes": {"title": {"before": "Water the plant", "after": "Water the plants"}},
    "authorization_url": "https://id.example.com/authorize?client_id=annals&state=…",
    "code": "287082",
    "count": 5,
    "cursor": CURSOR,
    "day_starts_at": "09:00",
    "description": "The ferns need most.",
    "device": "Firefox on Linux",
    "detail": "title: Expected one line.",
    "due_after": "2030-01-31",
    "due_before": "2030-02-07",
    "due": "none",
    "dtstart": "2030-01-31T18:00:00",
    "email": "ada@annals.example",
    "end": "07:00",
    "endpoint": "https://push.example.org/send/abc",
    "entity_type": "task",
    "estimate": "PT1H30M",
    "every": "2 weeks",
    "exdates": ["2030-02-14T18:00:00"],
    "expires_in": 900,
    "field": "title",
    "for": "PT15M",
    "format": "csv",
    "host": "hooks.example.org",
    "in": "may",
    "instance": "/api/v1/tasks",
    "kind": "task.completed",
    "iss": "https://id.example.com",
    "label": "Example Ltd.",
    "keep": "6-12",
    "lang": "en",
    "language": "en",
    "latest": "2030-01-31T18:00:00",
    "limit": 50,
    "login_url": "/api/v1/auth/oidc/company/start",
    "local": "2030-01-31T18:00:00",
    "message": "Expected one line",
    "name": "Ada Lovelace",
    "new_password": "staple battery horse",
    "next_cursor": CURSOR,
    "old_password": "correct horse battery",
    "occurrence": "2030-01-31T18:00:00",
    "on": "tue",
    "p256dh": PUBLIC_KEY,
    "page": 1,
    "pending_email": "lovelace@annals.example",
    "password": "correct horse battery",
    "position": 1042,
    "priority": "high",
    "public_key": PUBLIC_KEY,
    "provider": "work",
    "recovery_codes": ["h4kq-7wpn-x2mz"],
    "return_to": "/today",
    "q": 'milk "blue door" -shop',
    "reason": "Asked by its owner",
    "refresh_token": "kq3vXo0bq0f6m6y8o2mQxw",
    "reminders": ["PT1H"],
    "request_id": ID,
    "rrule": "FREQ=WEEKLY;BYDAY=TU",
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "sort": "due_at,-priority",
    "start": "22:00",
    "status": "open",
    "tag": "home",
    "tags": ["home", "garden"],
    "task_ids": [ID],
    "tasks": [ID],
    "ticket": "q0Vb5yqH6tX2m8Gd3rZ1wN4sK7uJ9fLc",
    "times": 10,
    "timezone": "Europe/Berlin",
    "title": "Water the plants",
    "token": "q0Vb5yqH6tX2m8Gd3rZ1wN4sK7uJ9fLcX3e1",
    "token_type": "Bearer",
    "total": 3,
    "type": "/problems/invalid",
    "until": "2030-12-31",
    "url": "https://hooks.example.org/annals",
    "user_id": ID,
    "version": 3,
    "zone": "Europe/Berlin",
    "word": "unsubscribe-eyJhIjoxfQ",
}
# Bodies whose fields exclude each other.
BY_TITLE: Mapping[str, Any] = {
    "NewTask": {"title": "Water the plants", "tags": ["home", "garden"], "due_on": "2030-01-31"},
    "TaskChange": {"priority": "high", "due_on": "2030-01-31"},
    "Bulk": {
        "filter": {"tags": "home", "overdue": True},
        "change": {"shift_due": "P1D", "add_tags": ["late"]},
        "dry_run": True,
    },
    "NewList": {"name": "Home"},
    "NewSearch": {"name": "Shopping", "filter": {"tags": "shop", "sort": "due_at"}},
    "SearchChange": {"filter": {"tags": "shop,food"}},
    "ListChange": {"name": "House"},
    "Batch": {
        "requests": [
            {"id": "1", "method": "POST", "url": "/tasks", "body": {"title": "Water the plants"}},
            {"id": "2", "method": "GET", "url": "/lists", "dependsOn": ["1"]},
        ]
    },
    "BatchAnswer": {
        "responses": [
            {
                "id": "1",
                "status": 201,
                "headers": {"ETag": '"1"', "Annals-Position": "1042"},
                "body": {"id": ID, "title": "Water the plants"},
            }
        ]
    },
    "NewReminder": {"before": "PT1H"},
    "Snooze": {"for": "PT15M"},
    "RecurrenceInput": {"rrule": "FREQ=WEEKLY;BYDAY=TU", "timezone": "Europe/Berlin"},
    "Passkey": {
        "id": "AQIDBAUGBwg",
        "rawId": "AQIDBAUGBwg",
        "type": "public-key",
        "response": {"clientDataJSON": "eyJ0eXBlIjoi…", "signature": "MEUCIQ…"},
    },
    "PasskeyOptionsBody": {
        "options": {"challenge": "3q2-7w", "rpId": "annals.example"},
        "state": "0192f0c1-7a3e-7c4b-8f21-5b0d9e6a4c17.AQ…",
    },
    "NewTotpBody": {
        "id": ID,
        "secret": "JBSWY3DPEHPK3PXP",
        "otpauth_uri": "otpauth://totp/Annals:ada@annals.example?secret=JBSWY3DPEHPK3PXP",
    },
    "QuickTask": {"text": "Water the plants every 3 days at 9 #home !high", "language": "en"},
    "Refresh": {"refresh_token": "kq3vXo0bq0f6m6y8o2mQxw"},
}
BY_FORMAT: Mapping[str, Any] = {
    "date-time": MOMENT,
    "uuid": ID,
    "date": "2030-01-31",
    "time": "22:00:00",
}


def example(schema: Mapping[str, Any], name: str, schemas: Mapping[str, Any]) -> Any:
    """Return a value of `schema` for a field of this name; `schemas` are those of references."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], name, schemas)
    if "const" in schema:
        return schema["const"]
    if "allOf" in schema:
        return example(schema["allOf"][0], name, schemas)
    if (title := schema.get("title", "")) in BY_TITLE:
        return BY_TITLE[title]
    if schema.get("examples"):
        return schema["examples"][0]
    arms = [arm for arm in schema.get("oneOf", ()) if arm.get("type") != "null"]
    if arms:
        return example(arms[0] | {"title": ""} if "$ref" not in arms[0] else arms[0], name, schemas)
    if schema.get("enum"):
        known = BY_NAME.get(name)
        return known if known in schema["enum"] else schema["enum"][0]
    if "properties" in schema:
        return {
            field: example(shape, field, schemas) for field, shape in schema["properties"].items()
        }
    return _plain(schema, name, schemas)


def _plain(schema: Mapping[str, Any], name: str, schemas: Mapping[str, Any]) -> Any:
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(each for each in kinds if each != "null")
    known = BY_NAME.get(name)
    if known is not None and isinstance(known, _TYPES[kind]) and "format" not in schema:
        return known
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if kind == "array":
        return [example(schema.get("items") or {}, name, schemas)]
    if kind == "object":
        inner = schema.get("additionalProperties")
        return {"title": example(inner, "title", schemas)} if isinstance(inner, dict) else {}
    if kind == "integer":
        return schema.get("default", schema.get("minimum", 1))
    return {"boolean": True, "number": 1.5, "null": None}.get(kind, "Water the plants")


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
