"""The route that undoes a change: new events that put back what it did."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, QueryParameter

from application.command_handler import Receipt
from application.commands.preferences import PreferencesStream
from application.undo.endpoint_addresses import touched_endpoints
from application.undo.past_change import Histories, effects_of, load_histories
from application.undo.undo_change import undo_change
from domain.events.requests import ChangeUndone
from domain.record import Record
from domain.undo.effect import Effect
from domain.undo.refusals import CannotUndo
from domain.values.streams import undo_stream
from interfaces.http.changes.change_bodies import own_words
from interfaces.http.changes.finding import found_change, wait_until_now
from interfaces.http.changes.recorded_change import as_recorded
from interfaces.http.openapi.described_headers import UNVERSIONED
from interfaces.http.openapi.documentation import COMMAND, Registering, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import change_headers, execute, preferred_language, read
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.scopes import NOTIFICATIONS_WRITE, SESSION, Access, check_access
from projections.views.audit_trail import changes
from projections.views.audit_trail.changes import MadeChange, StreamKind, kind_of_action
from projections.words.change_words import undid_words
from projections.words.language import Language
from projections.words.later_events import MOST_EVENTS, later_events

Force = Annotated[
    Literal["fields"] | None,
    QueryParameter(description="Put back the fields that did not change since; name the others"),
]

# What a change needed beside the scope tasks:write, by what it changed.
_ACCESS: Mapping[StreamKind, Access] = {
    StreamKind.PREFERENCES: NOTIFICATIONS_WRITE,
    StreamKind.NOTIFICATION: NOTIFICATIONS_WRITE,
    StreamKind.INBOX: NOTIFICATIONS_WRITE,
    StreamKind.ACCOUNT: SESSION,
}


class LeftBody(Record):
    """The fields of a task, a series or another entity that were not put back."""

    stream: UUID
    fields: Sequence[str]


class UndoneBody(Record):
    """The change that undid another: undo `id` to make that again.

    `left` is what others changed since, with `force=fields`. `notice` says what cannot be undone.
    Of a change of more than 1,000 tasks and others, `remaining` are put back within moments; what
    was changed there since is left.
    """

    id: UUID
    undoes: UUID
    summary: str
    left: Sequence[LeftBody]
    remaining: int
    notifications: int
    notice: str | None


@post(
    "/{change_id:uuid}/undo",
    operation_id="undo_change",
    status_code=200,
    operation_class=Registering,
    responses=problems(*COMMAND, 504),
    response_headers=UNVERSIONED,
)
async def undo(
    request: AnnalsRequest, change_id: FromPath[UUID], force: Force = None
) -> Response[UndoneBody]:
    """Undo a change: put back what it did, on all that it touched, as a change of its own."""
    await request.body()
    seen = await wait_until_now(request)
    found = await found_change(request, change_id)
    language = await preferred_language(request)
    histories = await load_histories(request.parts.streams.events, found.streams)
    endpoints = request.parts.endpoints
    command = undo_change(
        change_id,
        request.account_id,
        histories,
        most_endpoints=endpoints.most,
        seen=seen,
        whole=found.stream_count == len(found.streams),
        force=force is not None,
    )
    _check_scopes(request, found, command.effects)
    touched = touched_endpoints(command.effects)
    try:
        await touched.put_back(request.account_id, endpoints.addresses)
        receipt = await execute(request, command, undoes=change_id)
    except CannotUndo as refused:
        raise await _explained(request, refused, change_id, found, language) from refused
    finally:
        if touched.all:
            mine = await read(request, PreferencesStream(account_id=request.account_id))
            await touched.settle(mine.state, request.account_id, endpoints.addresses)
    left = await _left(request, receipt, command.effects) if command.force else ()
    if receipt.replayed:
        seen = await _seen_at_first(request, change_id, receipt)
    summary = await _summary(request, as_recorded(found, histories, seen), histories, seen)
    body = _undone(receipt, found, summary, left, language)
    return Answer(body, headers=change_headers(receipt))


def _check_scopes(
    request: AnnalsRequest, found: MadeChange, effects: Mapping[UUID, Effect]
) -> None:
    """Refuse a token that could not have made the change itself. Of a large change, of which not
    all streams are known, all that it recorded counts.

    Raises:
        HttpProblem: 403, the token lacks the scope, or the change needs a session.
    """
    kinds = {found.streams[stream].kind for stream in effects}
    if found.stream_count > len(found.streams):
        kinds |= {kind for action in found.actions if (kind := kind_of_action(action))}
    for kind in kinds & _ACCESS.keys():
        check_access(_ACCESS[kind], request.identity)


async def _seen_at_first(request: AnnalsRequest, change_id: UUID, receipt: Receipt[Any]) -> int:
    """Return the log position up to which an undo read the change when it was recorded."""
    undos = await request.parts.streams.events(undo_stream(change_id))
    return next(
        (
            each.event.seen
            for each in undos
            if isinstance(each.event, ChangeUndone) and each.change_id == receipt.change_id
        ),
        receipt.position,
    )


async def _summary(
    request: AnnalsRequest, undone: MadeChange, histories: Histories, seen: int
) -> str:
    """Return what the undo of a change did, in words: after an undo, it makes a change again."""
    again: MadeChange | None = None
    if undone.undoes is not None:
        again = await request.parts.queries.run(changes.change, request.account_id, undone.undoes)
    if again is not None:
        more = again.streams.keys() - histories.keys()
        loaded = await load_histories(request.parts.streams.events, more)
        again = as_recorded(again, {**histories, **loaded}, seen)
    language = await preferred_language(request)
    said = own_words(again or undone, language)
    return undid_words(said, language, again=again is not None)


def _undone(
    receipt: Receipt[Any],
    undone: MadeChange,
    summary: str,
    left: Sequence[LeftBody],
    language: Language,
) -> UndoneBody:
    sent = undone.notifications
    notices = (
        f"Notifications were sent because of it ({sent}); they cannot be unsent.",
        f"Seinetwegen wurden Mitteilungen verschickt ({sent}); sie sind nicht rückholbar.",
    )
    return UndoneBody(
        id=receipt.change_id or undone.id,
        undoes=undone.id,
        summary=summary,
        left=left,
        remaining=undone.stream_count - len(undone.streams),
        notifications=sent,
        notice=notices[language] if sent else None,
    )


async def _left(
    request: AnnalsRequest, receipt: Receipt[Any], change: Mapping[UUID, Effect]
) -> Sequence[LeftBody]:
    """Return what the change did that its undo, which the receipt is of, did not put back."""
    if receipt.change_id is None:
        return ()
    histories = await load_histories(request.parts.streams.events, change)
    undone = effects_of(receipt.change_id, histories)
    left: list[LeftBody] = []
    for stream, effect in change.items():
        put_back = undone[stream].before if stream in undone else {}
        names = effect.before if not effect.began else () if put_back else effect.after
        if fields := [name for name in names if name not in put_back]:
            left.append(LeftBody(stream=stream, fields=fields))
    return left


async def _explained(
    request: AnnalsRequest,
    refused: CannotUndo,
    change_id: UUID,
    found: MadeChange,
    language: Language,
) -> HttpProblem:
    """Return the refusal with what happened since."""
    streams = refused.left or found.streams
    histories = await load_histories(request.parts.streams.events, streams)
    since = [
        event
        for stream, history in histories.items()
        for event in later_events(history, after=found.streams[stream].first, language=language)
        if event.change_id != change_id
    ]
    since.sort(key=lambda event: (event.at, event.version))
    return HttpProblem(
        "cannot-undo",
        str(refused),
        meanwhile=since[-MOST_EVENTS:],
        clashes=sorted({name for names in refused.left.values() for name in names}),
    )
