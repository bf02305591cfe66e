"""From a request to a command's answer: preconditions, idempotency, position and version."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from application.command import Command, Context, IdempotencyKey
from application.command_handler import Receipt
from domain.aggregate import State
from domain.values.streams import request_stream
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

# Anything printable; spaces within are fine.
KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?\Z")
ENTITY_TAG = re.compile(r'(?P<weak>W/)?"(?P<text>[\x21\x23-\x7e]*)"\Z')
# No stream has this version, so a tag that is none of ours matches nothing.
NEVER = -1


def context(request: AnnalsRequest, actor: str) -> Context:
    scope: Mapping[str, Any] = request.scope
    return Context(
        actor=actor,
        now=datetime.now(UTC),
        correlation_id=scope["correlation_id"],
        traceparent=scope["traceparent"],
    )


async def execute(request: AnnalsRequest, command: Command[State]) -> Receipt[State]:
    """Hand a command of the asker's to the handler, with what the headers say about it."""
    actor = request.scope["auth"].actor
    return await service(request).commands.handle(
        command,
        context(request, actor),
        expected_version=expected_version(request),
        key=await idempotency_key(request, actor),
    )


def respond(
    body: Any, receipt: Receipt[Any], *, status: int = 200, location: str | None = None
) -> Answer[Any]:
    """Return `body` with the version and the log position of what it shows."""
    headers = [
        (b"etag", b'"%d"' % receipt.version),
        (b"annals-position", b"%d" % receipt.position),
    ]
    if receipt.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    if location is not None:
        headers.append((b"location", location.encode()))
    return Answer(body, status=status, headers=headers)


def expected_version(request: AnnalsRequest) -> int | None:
    """Return the one version If-Match allows; None when any will do."""
    value = header(request.scope, b"if-match")
    if value is None or value.strip() == "*":
        return None
    tag = ENTITY_TAG.match(value.strip())
    if tag is None:
        raise HttpProblem(
            "malformed", 'If-Match must be one entity tag, such as "3", or *.', field="If-Match"
        )
    # If-Match compares strongly: a weak tag never matches.
    return int(tag["text"]) if tag["text"].isdecimal() and not tag["weak"] else NEVER


def none_match(request: AnnalsRequest, version: int) -> bool:
    """Whether the asker has not yet got this version (If-None-Match)."""
    value = header(request.scope, b"if-none-match")
    if value is None:
        return True
    known = {part.strip().removeprefix("W/") for part in value.split(",")}
    return f'"{version}"' not in known and "*" not in known


async def idempotency_key(
    request: AnnalsRequest, asker: str, *, body: bytes | None = None
) -> IdempotencyKey | None:
    """Return what the Idempotency-Key stands for, if one was sent.

    The fingerprint stays in the log for good: where a body holds a secret, give a `body`
    without it.
    """
    key = header(request.scope, b"idempotency-key")
    if key is None:
        return None
    if not KEY.match(key):
        raise HttpProblem(
            "malformed",
            "Idempotency-Key must be 1–255 printable ASCII characters.",
            field="Idempotency-Key",
        )
    scope: Mapping[str, Any] = request.scope
    asked = (
        scope["method"].encode(),
        scope["raw_path"],
        scope["query_string"],
        (header(scope, b"if-match") or "").encode(),
        await request.body() if body is None else body,
    )
    digest = hashlib.sha256()
    for part in asked:
        # With its length in front, no part can pass for another.
        digest.update(len(part).to_bytes(8, "big") + part)
    return IdempotencyKey(stream_id=request_stream(asker, key), fingerprint=digest.hexdigest())
