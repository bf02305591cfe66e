"""Executes commands and reads of a request: preconditions, idempotency, position, version."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from litestar import Response
from msgspec.structs import replace

from application.command import Command, Context, IdempotencyKey, Stream
from application.command_handler import Receipt
from application.commands.preferences import PreferencesStream
from application.undo.preview import intended_events
from domain.aggregate import State
from domain.errors import VersionMismatch
from domain.series import Series
from domain.task import Task
from domain.values.uuids import uuid_text
from domain.vocabulary import Scope
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.headers import header, known_tag, without_coding
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.protocol.values import whole_number
from projections.words.language import Language, language_of
from projections.words.later_events import MOST_EVENTS, later_events

Body = TypeVar("Body")

# Printable characters, with spaces inside.
KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?\Z")
ENTITY_TAG = re.compile(r'(?P<weak>W/)?"(?P<text>[\x21\x23-\x7e]*)"\Z')
# No stream has this version, so a foreign tag matches nothing.
NEVER = -1


def context(request: AnnalsRequest, actor: str | None = None) -> Context:
    """Return the context of a command of `actor`, who is the client unless given."""
    known = request.context
    return Context(
        actor=authenticated(known).actor if actor is None else actor,
        now=datetime.now(UTC),
        correlation_id=known.correlation_id,
        traceparent=known.traceparent,
        change_id=known.change_id,
        token_id=known.identity.token_id if known.identity else None,
    )


async def execute(
    request: AnnalsRequest, command: Command[State], *, undoes: UUID | None = None
) -> Receipt[State]:
    """Execute a command of the client, with the preconditions that the headers give, within the
    quotas of its account. `undoes` is the change that it undoes, whose streams have no version in
    common: If-Match means nothing then. An undo is a change of its own also in a batch, so that it
    can be undone alone.

    The whole body is read first, also where the route needs none: a request whose end is
    malformed, too large or missing is refused, and must have changed nothing by then.
    """
    await request.body()
    asking = context(request)
    if undoes is not None:
        asking = replace(asking, causation_id=undoes, change_id=uuid7())
    has_key = header(request.scope, b"idempotency-key") is not None
    parts = request.parts
    try:
        return await parts.commands.handle(
            command,
            asking,
            expected_version=expected_version(request) if undoes is None else None,
            key=await idempotency_key(request, asking.actor) if has_key else None,
            quotas=parts.quotas,
        )
    except VersionMismatch as mismatch:
        if (explained := await _explained(request, command, mismatch)) is None:
            raise
        raise explained from mismatch


async def _explained(
    request: AnnalsRequest, command: Command[State], mismatch: VersionMismatch
) -> HttpProblem | None:
    """Return the refusal with what happened since the version that the client knows, if it may read
    the stream, and with the fields that the request would change as well."""
    readable = isinstance(command.initial(), Task | Series)
    if not readable or Scope.TASKS_READ not in request.identity.scopes:
        return None
    known = mismatch.expected
    history = await request.parts.streams.events(command.stream_id)
    if not 0 < known < len(history):
        return None
    language = await preferred_language(request)
    meanwhile = later_events(history, after=known, language=language)
    commands = request.parts.commands
    intended = await intended_events(
        command, context(request), history[:known], commands.current_state
    )
    wanted = later_events([*history[:known], *intended], after=known, language=language)
    changed = {name for event in meanwhile for name in event.changes}
    meant = {name for event in wanted for name in event.changes}
    return HttpProblem(
        "version-mismatch",
        str(mismatch),
        headers={"ETag": f'"{mismatch.actual}"'},
        meanwhile=meanwhile[-MOST_EVENTS:],
        clashes=sorted(changed & meant),
    )


async def read(request: AnnalsRequest, stream: Stream[State]) -> Receipt[State]:
    """Return the current state of a stream, if the client may see it."""
    return await request.parts.commands.read(stream, context(request))


async def account_zone(request: AnnalsRequest) -> str:
    """Return the time zone of the client's preferences: the default wherever a zone is taken."""
    found = await read(request, PreferencesStream(account_id=request.account_id))
    return found.state.timezone


async def preferred_language(request: AnnalsRequest) -> Language:
    """Return the language of the client's preferences, in which sentences are written."""
    found = await read(request, PreferencesStream(account_id=request.account_id))
    return language_of(found.state.language)


def respond(
    body: Body, receipt: Receipt[Any], *, status: int = 200, location: str | None = None
) -> Answer[Body]:
    """Return a response with the version and the log position of what `body` shows, and with the id
    of the change if anything was recorded."""
    headers = [(b"etag", b'"%d"' % receipt.version), *change_headers(receipt)]
    if location is not None:
        headers.append((b"location", location.encode()))
    return Answer(body, status=status, headers=headers)


def change_headers(receipt: Receipt[Any]) -> list[tuple[bytes, bytes]]:
    """Return the headers that say where in the log a change is, and which one it is."""
    headers = [(b"annals-position", b"%d" % receipt.position)]
    if receipt.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    if receipt.change_id is not None:
        headers.append((b"annals-change", uuid_text(receipt.change_id)))
    return headers


def expected_version(request: AnnalsRequest) -> int | None:
    """Return the version that If-Match requires; None if it allows any."""
    value = header(request.scope, b"if-match")
    if value is None or value.strip() == "*":
        return None
    tag = ENTITY_TAG.match(without_coding(value.strip()))
    if tag is None:
        raise HttpProblem(
            "malformed", 'If-Match must be one entity tag, such as "3", or *.', field="If-Match"
        )
    # If-Match compares strongly: a weak tag never matches.
    version = None if tag["weak"] else whole_number(tag["text"])
    return NEVER if version is None else version


def respond_if_changed(request: AnnalsRequest, body: Body, receipt: Receipt[Any]) -> Response[Body]:
    """Return `body`, or 304 if the client has this version already (If-None-Match)."""
    tag = f'"{receipt.version}"'
    known = known_tag(request.scope, tag)
    if known is None and (header(request.scope, b"if-none-match") or "").strip() != "*":
        return respond(body, receipt)
    headers = {"ETag": known or tag, "Annals-Position": str(receipt.position)}
    return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]


async def idempotency_key(
    request: AnnalsRequest, actor: str, *, body: bytes | None = None
) -> IdempotencyKey | None:
    """Return the Idempotency-Key of a request with its fingerprint, if one was sent.

    The fingerprint stays in the log forever: if the body holds a secret, give a `body`
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
    parts = (
        scope["method"].encode(),
        scope["raw_path"],
        scope["query_string"],
        (header(scope, b"if-match") or "").encode(),
        await request.body() if body is None else body,
    )
    names = request.parts.names
    return IdempotencyKey(
        stream_id=names.request_stream(actor, key), fingerprint=names.fingerprint(parts)
    )
