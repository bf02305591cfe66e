"""What hostile clients send: values, headers, bodies and messages that parsers stumble over."""

import json
import random
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

DEEP = "[" * 1_400
LONG_NUMBER = "9" * 4_400

TEXTS: Sequence[str] = (
    "",
    " ",
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "NaN",
    "9223372036854775807",
    "9223372036854775808",
    "0" * 4_400 + "2",
    LONG_NUMBER,
    "1" * 400,
    "²",
    "\u0661",  # an Arabic digit
    "a\x00b",
    "\x7f",
    "\ud800",
    "😀" * 60,
    "’ OR 1=1 --",
    "%s%n",
    "../../etc/passwd",
    "%00",
    "%",
    "http://[",
    "[::1",
    DEEP,
    "{" * 1_400,
    urlsafe_b64encode(DEEP.encode()).decode(),
    urlsafe_b64encode(b'["x"]').decode(),
    urlsafe_b64encode(b"[]").decode(),
    urlsafe_b64encode(b"\xff\xfe").decode(),
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00Z",
    "2030-02-30T00:00:00Z",
    "2030-01-01T00:00:00",
    "2030-01-01T24:00:00Z",
    "2030-01-01T00:00:00+99:99",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "P1D",
    "P" + LONG_NUMBER + "D",
    "PT99999999999H",
    "FREQ=DAILY;INTERVAL=" + LONG_NUMBER,
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "every " + LONG_NUMBER + " days",
    "Europe/" + "x" * 50,
    "../Berlin",
    "Europe/Berlin\x00",
    str(UUID(int=0)),
    str(UUID(int=2**128 - 1)),
    "-".join(["ffffffff"] * 5),
    "open," * 500,
    ",",
    "this",
    "following",
    "a\u2028b",  # some programs end a line there
    "a\x85b",
    "\u202ea",  # writes from right to left
    "=1+1",
    "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
    "annals_pat_é",
)

JSONS: Sequence[Any] = (
    None,
    True,
    -1,
    0,
    1.5,
    1e308,
    2**63,
    -(2**63) - 1,
    "",
    [],
    {},
    [[[]]],
    {"a": {"b": {}}},
    [None],
    ["a"] * 2_000,
    {str(number): number for number in range(500)},
    *(text for text in TEXTS if text != "\ud800"),
)

# Beyond what a JSON encoder writes.
BODIES: Sequence[bytes] = (
    b"",
    b"{",
    b"\xff",
    b"\xef\xbb\xbf{}",
    b"nul",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"title":' + LONG_NUMBER.encode() + b"}",
    b'{"title":-' + LONG_NUMBER.encode() + b".5e9999}",
    b'{"title":"\\ud800"}',
    b'{"title":"a","title":"b"}',
    b'{"title":"a\\u0000"}',
    b'{"title":"a","due_at":"0001-01-01T00:00:00+23:59"}',
    b'{"title":"a","tags":' + b"[" * 1_400 + b"]" * 1_400 + b"}",
)

HEADERS: Sequence[str] = (
    "Authorization",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Annals-Min-Position",
    "Last-Event-ID",
    "Traceparent",
    "X-Request-ID",
    "X-Forwarded-For",
    "Origin",
    "Content-Type",
    "Accept",
    "Accept-Encoding",
    "Cookie",
    "Range",
    "X-HTTP-Method-Override",
)


def nested_token() -> str:
    """Return a token whose header no recursive parser survives."""
    return urlsafe_b64encode(DEEP.encode()).decode().rstrip("=") + ".e30.e30"


def header_values() -> Sequence[str]:
    """Return values that HTTP itself lets through."""
    good = [
        text for text in TEXTS if text.isascii() and text.isprintable() and text.strip() == text
    ]
    quoted = [f'"{text}"' for text in good]
    return [*good, *quoted, f'W/"{LONG_NUMBER}"', "Bearer " + nested_token(), "Bearer " + DEEP]


def json_value(source: random.Random, shape: Any, schemas: Mapping[str, Any]) -> Any:
    """Return a value of the shape of a JSON schema, in which about one in four parts is hostile."""
    if source.random() < 0.25:
        return source.choice(JSONS)
    if "$ref" in shape:
        return json_value(source, schemas[shape["$ref"].rpartition("/")[2]], schemas)
    for several in ("oneOf", "anyOf"):
        if several in shape:
            return json_value(source, source.choice(shape[several]), schemas)
    if "enum" in shape:
        return source.choice(shape["enum"])
    kind = shape.get("type")
    if kind == "object" or "properties" in shape:
        properties = shape.get("properties", {})
        needed = set(shape.get("required", ()))
        given = [name for name in properties if name in needed or source.random() < 0.5]
        return {name: json_value(source, properties[name], schemas) for name in given}
    if kind == "array":
        items = shape.get("items") or {}
        return [json_value(source, items, schemas) for _ in range(source.randint(0, 3))]
    if kind == "boolean":
        return source.random() < 0.5
    if kind == "integer":
        return source.randint(0, 5)
    return _text(source, shape)


def _text(source: random.Random, shape: Any) -> str:
    known = {
        "date-time": "2030-01-31T18:00:00Z",
        "uuid": str(UUID(int=source.getrandbits(128))),
    }
    examples = shape.get("examples") or []
    plain = [*examples, known.get(shape.get("format", ""), "Water the plants")]
    return str(source.choice([*plain, *plain, *TEXTS[:12]]))


def socket_message(source: random.Random) -> bytes | str:
    """Return a message of a socket: half of them nearly right."""
    if source.random() < 0.2:
        return source.choice([body for body in BODIES if len(body) < 60_000])
    if source.random() < 0.2:
        return source.choice([text for text in TEXTS if text != "\ud800"])
    names = ["subscribe", "unsubscribe", "token", "ping", "nonsense"]
    inner = ["types", "tasks", "after", "nonsense"]
    message: dict[str, Any] = {}
    for name in source.sample(names, source.randint(0, 3)):
        message[name] = (
            {field: source.choice(JSONS) for field in source.sample(inner, source.randint(0, 3))}
            if name.endswith("subscribe") and source.random() < 0.8
            else source.choice([*JSONS, nested_token()])
        )
    return json.dumps(message)
