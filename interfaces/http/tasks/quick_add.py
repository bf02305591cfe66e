"""Quick add: reads a task from one line of text, and creates it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, NamedTuple, TypeAlias

from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from application.commands.recurrence import SetRecurrence
from application.commands.tasks import CreateTask
from application.commands.whole_tasks import CreateWholeTask
from domain.errors import QuickAddRefused
from domain.quick_add.draft import Alternative, Draft, SpanKind
from domain.quick_add.marks import list_key
from domain.quick_add.reading import MAX_LENGTH, read_draft
from domain.record import Record
from domain.recurrence.recurrence import parse_rule
from domain.recurrence.words.rule_words import rule_words
from domain.reminders.spec import ReminderSpec
from domain.values.task_fields import TaskFields
from domain.vocabulary import AccountId, ListId, Priority, ReminderId, SeriesId, TaskId, Title
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import account_zone, execute, respond
from interfaces.http.protocol.parameters import one, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.protocol.values import Day, Language, Zone
from interfaces.http.tasks.task_bodies import TaskBody, body_of
from projections.views.tasks.lists import of_owner

_KEEP = r"^[0-9]{1,3}-[0-9]{1,3}(,[0-9]{1,3}-[0-9]{1,3}){0,49}\Z"
_KEEP_TEXT = "Spans that stay title, as start-end, separated by commas: 6-12,22-27"
Keep: TypeAlias = Annotated[str, Meta(max_length=400, pattern=_KEEP, description=_KEEP_TEXT)]
_TEXT = "A task in one line: Water the plants every 3 days at 9 #home !high"

LINE: Any = Title  # types that are values here
KEPT: Any = Keep


class QuickTask(Record, forbid_unknown_fields=True):
    """A task in one line of English or German. `timezone` is by default that of your
    preferences; without `language` the words decide. `keep` names spans that stay title. A line
    without a date is due on `due_on`, if that is given."""

    text: Title
    timezone: Zone | UnsetType = UNSET
    language: Language | None = None
    keep: Keep | None = None
    due_on: Day | None = None


class DraftSpan(Record):
    """The part of the text from `start` to before `end`, in code points, and its `value`."""

    start: int
    end: int
    text: str
    kind: SpanKind
    value: str


class DraftAlternative(Record):
    """A part that stays title because it could mean something else than one of these `values`."""

    start: int
    end: int
    text: str
    kind: SpanKind
    values: Sequence[str]


class DraftRecurrence(Record):
    """A rule of RFC 5545, its first occurrence as a wall time, and the rule in words."""

    rrule: str
    dtstart: str
    text: str


class DraftBody(Record):
    """What a text says: the task that `POST /tasks/quick` would create."""

    text: str
    timezone: str
    title: str
    due_on: date | None
    due_at: datetime | None
    priority: Priority | None
    tags: Sequence[str]
    list_id: ListId | None
    recurrence: DraftRecurrence | None
    reminders: Sequence[str]
    estimate: str | None
    spans: Sequence[DraftSpan]
    alternatives: Sequence[DraftAlternative]


@get(
    "/quick",
    operation_id="read_quick_task",
    operation_class=Documented,
    responses=problems(*QUERY, 410, 504),
)
async def read_quick_task(
    request: AnnalsRequest,
    text: Annotated[str, QueryParameter(max_length=MAX_LENGTH, description=_TEXT)],
    timezone: Annotated[
        str | None,
        QueryParameter(max_length=100, description="By default that of your preferences"),
    ] = None,
    language: Annotated[
        Language | None, QueryParameter(description="By default the words of the text decide")
    ] = None,
    recurrence_language: Annotated[
        Language, QueryParameter(description="Language of `recurrence.text`")
    ] = "en",
    keep: Annotated[
        str | None,
        QueryParameter(max_length=400, schema_extra={"pattern": _KEEP}, description=_KEEP_TEXT),
    ] = None,
) -> DraftBody:
    """Read a task from a line of text, and where in the text each of its fields is. Nothing is
    recorded."""
    wanted = QuickTask(
        text=one("text", text, LINE),
        timezone=UNSET if timezone is None else timezone,
        language=language,
        keep=None if keep is None else one("keep", keep, KEPT),
    )
    return _body(await _draft(request, wanted), recurrence_language)


@changing(post, "/quick", "create_quick_task", created=True, refusals=(410, 504), dto=Body)
async def create_quick_task(
    data: JSONBody[QuickTask], request: AnnalsRequest
) -> Response[TaskBody]:
    """Create the task that a line of text describes, with its recurrence and reminders."""
    receipt = await execute(
        request, _command(request.account_id, await _draft(request, data), data.due_on)
    )
    task = body_of(receipt.state)
    return respond(task, receipt, status=201, location=f"/api/v1/tasks/{task.id}")


class _Read(NamedTuple):
    """A draft, and the list that it names."""

    draft: Draft
    list_id: ListId | None


async def _draft(request: AnnalsRequest, wanted: QuickTask) -> _Read:
    timezone = await account_zone(request) if wanted.timezone is UNSET else wanted.timezone
    lists: dict[str, ListId] = {}
    if "@" in wanted.text:
        await wait_for_view(request, "lists")
        rows = await request.parts.queries.run(of_owner, request.account_id, archived=False)
        lists = {list_key(row.name): row.id for row in reversed(rows)}  # of two, the first counts
    # In a thread: the longest of texts takes some milliseconds, and the first compiles patterns.
    draft = await asyncio.to_thread(
        read_draft,
        wanted.text,
        datetime.now(UTC),
        timezone,
        language=wanted.language,
        kept=_kept(wanted.keep),
        lists=frozenset(lists),
    )
    return _Read(draft, lists[list_key(draft.list_name)] if draft.list_name else None)


def _kept(keep: str | None) -> list[tuple[int, int]]:
    parts = [part.split("-") for part in keep.split(",")] if keep else []
    return [(int(start), int(end)) for start, end in parts]


def _command(owner: AccountId, read: _Read, day: date | None) -> CreateWholeTask:
    """Return the command that creates the task of a draft; without a date it is due on `day`.

    Raises:
        QuickAddRefused: the text has no title.
    """
    draft = read.draft
    if not draft.title:
        raise QuickAddRefused("text", "The text has no title: add what is to be done.")
    task_id = TaskId(uuid7())
    fields = TaskFields(
        title=draft.title,
        priority=draft.priority or Priority.MEDIUM,
        tags=draft.tags,
        list_id=read.list_id,
        due_at=draft.due_at,
        due_on=day if draft.due_on is None and draft.due_at is None else draft.due_on,
        estimate=draft.estimate,
    )
    creation = CreateTask(task_id=task_id, owner=owner, fields=fields)
    if draft.rule is None or draft.start is None:
        specs = [ReminderSpec(before=each, timezone=draft.timezone) for each in draft.reminders]
        reminders = {ReminderId(uuid7()): spec for spec in specs}
        return CreateWholeTask(task_id=task_id, creation=creation, reminders=reminders)
    recurrence = SetRecurrence(
        task_id=task_id,
        series_id=SeriesId(uuid7()),
        rule=draft.rule,
        timezone=draft.timezone,
        start=draft.start if draft.due_on is None else draft.due_on,
        reminders=draft.reminders or UNSET,
    )
    return CreateWholeTask(task_id=task_id, creation=creation, recurrence=recurrence)


def _body(read: _Read, language: Language) -> DraftBody:
    draft, recurrence = read.draft, None
    if draft.rule is not None and draft.start is not None:
        series = parse_rule(draft.rule, draft.start, draft.timezone)
        first = draft.start.isoformat() if draft.due_on is None else draft.due_on.isoformat()
        text = rule_words(series, language)
        recurrence = DraftRecurrence(rrule=draft.rule, dtstart=first, text=text)
    return DraftBody(
        text=draft.text,
        timezone=draft.timezone,
        title=draft.title,
        due_on=draft.due_on,
        due_at=draft.due_at,
        priority=draft.priority,
        tags=draft.tags,
        list_id=read.list_id,
        recurrence=recurrence,
        reminders=draft.reminders,
        estimate=draft.estimate,
        spans=[
            DraftSpan(
                start=each.start,
                end=each.end,
                text=draft.text[each.start : each.end],
                kind=each.kind,
                value=each.value,
            )
            for each in draft.spans
        ],
        alternatives=[_alternative(draft, each) for each in draft.alternatives],
    )


def _alternative(draft: Draft, found: Alternative) -> DraftAlternative:
    return DraftAlternative(
        start=found.start,
        end=found.end,
        text=draft.text[found.start : found.end],
        kind=found.kind,
        values=found.values,
    )
