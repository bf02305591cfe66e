"""Previews of rules, and suggestions of rules from how a user creates tasks."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from application.commands.recurrence import SetRecurrence
from domain.errors import NotFound
from domain.record import Record
from domain.recurrence.local_time import resolve, wall_clock, zone, zone_name
from domain.recurrence.reading import refuse_times_of_day
from domain.recurrence.recurrence import Recurrence, occurrences, parse_rule
from domain.recurrence.words.plain import as_meant
from domain.recurrence.words.rule_words import rule_words
from domain.recurrence.words.text import rule_text
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from domain.vocabulary import SeriesId, TaskId
from interfaces.http.openapi.documentation import QUERY, Documented, Querying, changing, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import account_zone, execute, respond
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.protocol.values import OfText, Zone
from interfaces.http.recurrence.recurrence import recurrence_of
from interfaces.http.recurrence.series_body import Instant, RecurrenceBody, instant
from interfaces.http.tasks.recurrence_input import (
    RuleInput,
    WallTime,
    WrittenBy,
    day_or_wall_time,
    wall_time,
)
from projections.views.tasks import suggestions

MAX_PREVIEWED = 200
Text = Annotated[str | None, QueryParameter(max_length=2000)]


class Preview(Record):
    occurrences: Sequence[Instant]
    text: str


class Suggestion(Record):
    """Tasks with this title are due, completed or created regularly, as `pattern_of` says, at
    these `times`; `rrule` and its `text` are the pattern. If it is `all_day`, the times are days,
    named by their 00:00 in UTC."""

    id: UUID
    title: str
    task_id: TaskId
    times: Sequence[datetime]
    rrule: str
    text: str
    pattern_of: suggestions.PatternOf
    all_day: bool


class SuggestionPage(Record):
    items: Sequence[Suggestion]


class Acceptance(Record, forbid_unknown_fields=True):
    """`dtstart` is by default the last of the `times` of the suggestion."""

    timezone: Zone | msgspec.UnsetType = UNSET
    dtstart: WallTime | msgspec.UnsetType = UNSET
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP


@get(
    "/preview",
    operation_id="preview_recurrence",
    operation_class=Documented,
    responses=problems(*QUERY),
)
async def preview(
    request: AnnalsRequest,
    dtstart: Annotated[str, QueryParameter(max_length=40, description="A wall time or a day")],
    rrule: Text = None,
    every: Text = None,
    on: Text = None,
    in_: Annotated[str | None, QueryParameter(name="in", max_length=500)] = None,
    until: Text = None,
    times: Annotated[int | None, QueryParameter()] = None,
    source: Annotated[
        WrittenBy,
        QueryParameter(description="google: a yearly rrule without a month means once a year"),
    ] = WrittenBy.RFC5545,
    timezone: Annotated[
        str | None,
        QueryParameter(
            max_length=100, description="By default the one of your notification preferences"
        ),
    ] = None,
    exdates: Annotated[
        str | None, QueryParameter(max_length=8000, description="Separated by commas")
    ] = None,
    count: Annotated[int, QueryParameter(ge=1, le=MAX_PREVIEWED)] = 5,
    after: Annotated[
        str | None,
        QueryParameter(max_length=40, description="Occurrences after this wall time or instant"),
    ] = None,
    language: OfText = "en",
) -> Preview:
    """Preview the occurrences of a rule in RFC 5545 or plain words. Nothing is stored."""
    wish = RuleInput(
        rrule=UNSET if rrule is None else rrule,
        every=UNSET if every is None else every,
        on=UNSET if on is None else on.split(","),
        in_=UNSET if in_ is None else in_.split(","),
        until=UNSET if until is None else until,
        times=UNSET if times is None else times,
        source=source,
    )
    given = day_or_wall_time("dtstart", dtstart)
    all_day = not isinstance(given, datetime)
    start = given if isinstance(given, datetime) else datetime.combine(given, time.min)
    name = await account_zone(request) if timezone is None else zone_name(timezone)
    excluded = exdates.split(",") if exdates else ()
    text = as_meant(wish.text(), start, wish.written_by)
    recurrence = parse_rule(text, start, name, excluded)
    if all_day:
        refuse_times_of_day(recurrence.rule)
    moment = wall_time("after", after) if after else None
    found = islice(_after(recurrence, moment), count)
    return Preview(
        occurrences=[instant(at, name, all_day=all_day) for at in found],
        text=rule_words(recurrence, language),
    )


def _after(recurrence: Recurrence, moment: datetime | None) -> Iterator[datetime]:
    if moment is None or moment.tzinfo is None:
        return occurrences(recurrence, moment)
    where = zone(recurrence.timezone)
    # Where clocks skip or repeat, wall times and instants differ, by a day at the most.
    nearly = occurrences(recurrence, wall_clock(moment, where) - timedelta(days=2))
    return (at for at in nearly if resolve(at, where) > moment)


@get(
    "/suggestions",
    operation_id="list_suggestions",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_suggestions(request: AnnalsRequest) -> SuggestionPage:
    """List tasks that are due, completed or created regularly, with a rule for each."""
    await wait_for_view(request, "suggestions")
    await wait_for_view(request, "task_list")
    found = await request.parts.queries.run(suggestions.of_owner, request.account_id)
    return SuggestionPage(items=[_shown(pattern) for pattern in found])


@changing(post, "/suggestions/{suggestion_id:uuid}/accept", "accept_suggestion", dto=Body)
async def accept_suggestion(
    suggestion_id: FromPath[UUID], data: JSONBody[Acceptance], request: AnnalsRequest
) -> Response[RecurrenceBody]:
    """Make the latest of these tasks recur by the suggested rule."""
    found = await request.parts.queries.run(
        suggestions.of_owner, request.account_id, suggestion=suggestion_id
    )
    if not found:
        raise NotFound(f"There is no suggestion {suggestion_id}.")
    habit, rule = found[0], found[0].rule
    timezone = await account_zone(request) if data.timezone is UNSET else data.timezone
    start: datetime | date = wall_clock(habit.times[-1], zone(timezone)).replace(microsecond=0)
    if habit.all_day:
        start = habit.times[-1].date()
    command = SetRecurrence(
        task_id=habit.task_id,
        series_id=SeriesId(uuid7()),
        rule=rule,
        timezone=timezone,
        start=start if data.dtstart is UNSET else day_or_wall_time("dtstart", data.dtstart),
        anchor=data.anchor,
        ahead=data.ahead,
        missed=data.missed,
    )
    receipt = await execute(request, command)
    return respond(await recurrence_of(request, receipt), receipt)


def _shown(pattern: suggestions.Pattern) -> Suggestion:
    start = pattern.times[-1].replace(tzinfo=None)
    return Suggestion(
        id=pattern.id,
        title=pattern.title,
        task_id=pattern.task_id,
        times=pattern.times,
        rrule=pattern.rule,
        text=rule_text(parse_rule(pattern.rule, start, "UTC")),
        pattern_of=pattern.of,
        all_day=pattern.all_day,
    )


RECURRENCE = Router(
    "/recurrence",
    route_handlers=[preview, list_suggestions, accept_suggestion],
    before_request=check_request,
    tags=["Recurrence"],
)
