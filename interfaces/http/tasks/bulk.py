"""Changes many tasks in one request: those of a filter, or named ones."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import UNSET
from msgspec.structs import asdict

from application.command import Context, IdempotencyKey
from application.command_handler import CommandHandler, Receipt
from application.commands.bulk import ChangeInSteps
from application.commands.tasks import TaskStream
from application.ports.limits import Quotas
from application.transaction import Transaction
from domain.errors import DomainError
from domain.record import Record
from domain.task import Task
from domain.vocabulary import TaskId
from interfaces.http.openapi.documentation import COMMAND, Registering, problems
from interfaces.http.problems.documents import HttpProblem, Problem
from interfaces.http.problems.problem_types import REFUSALS
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, idempotency_key
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.rewriting.inner_request import InnerRequest, respond_within
from interfaces.http.tasks.bulk_bodies import (
    MAX_TASKS,
    Bulk,
    BulkAnswer,
    BulkExample,
    BulkFailure,
    Value,
)
from interfaces.http.tasks.task_bodies import body_of

AT_ONCE = 32  # tasks that are changed at the same time
PAGE = 200
EXAMPLES = 5
_PAGING = frozenset(("limit", "cursor", "page", "sort"))


class _Outcome(Record):
    """What came of one task: its state after, or the refusal; and the state `before`, if known."""

    task_id: TaskId
    before: Task | None = None
    receipt: Receipt[Task] | None = None
    refusal: DomainError | None = None


@post(
    "/bulk",
    operation_id="change_tasks",
    operation_class=Registering,
    status_code=200,
    responses=problems(*COMMAND, 410, 504),
    dto=Body,
)
async def change_tasks(data: JSONBody[Bulk], request: AnnalsRequest) -> Answer[BulkAnswer]:
    """Change up to 1,000 tasks at once. Each is changed as a whole or not at all, and one that is
    refused does not keep the others from changing."""
    data.change.steps(TaskId(UUID(int=0)))  # refuses a change that no task could have
    ids = await _ids(request, data)
    commands = [
        ChangeInSteps(task_id=TaskId(each), steps=data.change.steps(TaskId(each))) for each in ids
    ]
    at = context(request)
    await idempotency_key(request, at.actor)  # refuses one that is none, in a dry run as well
    if data.dry_run:
        outcomes = await _tried(request.parts.commands, commands, at)
    else:
        outcomes = await _changed(request, commands, at)
    receipts = [each.receipt for each in outcomes if each.receipt is not None]
    # What was done by the same request, sent before, is done.
    done = [each for each in outcomes if each.receipt and _was_changed(each.receipt)]
    headers = []
    if receipts and not data.dry_run:
        headers.append((b"annals-position", b"%d" % max(each.position for each in receipts)))
        changes = [each.change_id for each in receipts if each.change_id is not None]
        headers += [(b"annals-change", str(each).encode()) for each in changes[:1]]
    answer = BulkAnswer(
        dry_run=data.dry_run,
        matched=len(ids),
        done=len(done),
        unchanged=len(receipts) - len(done),
        failed=[_failure(each.task_id, each.refusal) for each in outcomes if each.refusal],
        examples=[_example(each.before, each.receipt) for each in done if each.before],
    )
    return Answer(answer, headers=headers)


async def _ids(request: AnnalsRequest, data: Bulk) -> Sequence[UUID]:
    """Return the ids of the tasks, each once.

    Raises:
        HttpProblem: 422, both or neither of `ids` and `filter` are given, the filter is wrong, or
            more than `MAX_TASKS` tasks match.
    """
    if (data.ids is UNSET) == (data.filter is UNSET):
        raise HttpProblem("invalid", "Give ids or a filter.", field="filter")
    if data.ids is not UNSET:
        return list(dict.fromkeys(data.ids))
    if data.filter is UNSET:
        raise AssertionError
    if wrong := _PAGING & data.filter.keys():
        name = min(wrong)
        raise HttpProblem("invalid", f"{name} is no filter.", field=f"filter.{name}")
    query = {name: _parameter(value) for name, value in data.filter.items()}
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = await _page(request, query | {"limit": str(PAGE)} | more)
        found += [UUID(item["id"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
        if len(found) >= MAX_TASKS:
            total = (await _page(request, query | {"limit": "1", "page": "1"}))["total"]
            raise HttpProblem(
                "invalid",
                f"{total} tasks match; a bulk change has at most {MAX_TASKS}. Narrow the filter.",
                field="filter",
            )


def _parameter(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


async def _page(request: AnnalsRequest, query: Mapping[str, str]) -> Any:
    """Return a page of `GET /tasks`, asked as the client itself would.

    Raises:
        HttpProblem: the query is refused.
    """
    position = header(request.scope, b"annals-min-position")
    headers = [] if position is None else [(b"annals-min-position", position.encode("latin-1"))]
    asked = InnerRequest(method="GET", url=f"/api/v1/tasks?{urlencode(query)}", headers=headers)
    response = await respond_within(request.app, request.scope, request.context, asked)
    if response.status == 200:
        return msgspec.json.decode(response.body)
    problem = msgspec.json.decode(response.body, type=Problem)
    field = problem.errors[0].field if problem.errors else None
    kept = {
        name.decode(): value.decode()
        for name, value in response.headers
        if name.lower() in {b"retry-after", b"www-authenticate"}
    }
    raise HttpProblem(
        problem.type.rpartition("/")[2],
        problem.detail,
        field=f"filter.{field}" if field else None,
        headers=kept,
    )


async def _changed(
    request: AnnalsRequest, commands: Sequence[ChangeInSteps], at: Context
) -> Sequence[_Outcome]:
    """Change the tasks; none is changed twice under the same Idempotency-Key."""
    places = asyncio.Semaphore(AT_ONCE)
    key = await idempotency_key(request, at.actor)
    handler, quotas = request.parts.commands, request.parts.quotas

    async def one(place: int, command: ChangeInSteps) -> _Outcome:
        async with places:
            own = None if key is None else _own_key(request, key, at.actor, command.task_id)
            shown = place < EXAMPLES
            return await _outcome(handler, command, at, shown, key=own, quotas=quotas)

    return await asyncio.gather(*(one(*each) for each in enumerate(commands)))


async def _tried(
    handler: CommandHandler, commands: Sequence[ChangeInSteps], at: Context
) -> Sequence[_Outcome]:
    """Return what would come of the commands, and record nothing."""
    transaction = Transaction(handler)
    return [
        await _outcome(transaction.commands, command, at, place < EXAMPLES)
        for place, command in enumerate(commands)
    ]


async def _outcome(
    handler: CommandHandler,
    command: ChangeInSteps,
    at: Context,
    shown: bool,
    *,
    key: IdempotencyKey | None = None,
    quotas: Quotas | None = None,
) -> _Outcome:
    before = None
    try:
        if shown:
            before = (await handler.read(TaskStream(task_id=command.task_id), at)).state
        receipt = await handler.handle(command, at, key=key, quotas=quotas)
    except DomainError as refusal:
        return _Outcome(task_id=command.task_id, refusal=refusal)
    return _Outcome(task_id=command.task_id, before=before, receipt=receipt)


def _own_key(
    request: AnnalsRequest, key: IdempotencyKey, actor: str, task_id: UUID
) -> IdempotencyKey:
    text = hashlib.sha256(key.stream_id.bytes + task_id.bytes).hexdigest()
    return IdempotencyKey(
        stream_id=request.parts.names.request_stream(actor, text), fingerprint=key.fingerprint
    )


def _failure(task_id: UUID, refusal: DomainError) -> BulkFailure:
    name = next(REFUSALS[kind] for kind in type(refusal).__mro__ if kind in REFUSALS)
    return BulkFailure(id=task_id, type=f"/problems/{name}", detail=str(refusal))


def _was_changed(receipt: Receipt[Task]) -> bool:
    return receipt.changed or receipt.replayed


def _example(task: Task, receipt: Receipt[Task] | None) -> BulkExample:
    before = asdict(body_of(task))
    after = before if receipt is None else asdict(body_of(receipt.state))
    return BulkExample(
        id=before["id"],
        title=before["title"],
        changes={
            name: {"before": before[name], "after": value}
            for name, value in after.items()
            if value != before[name] and name not in {"version", "updated_at"}
        },
    )
