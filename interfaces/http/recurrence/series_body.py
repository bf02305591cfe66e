"""The bodies of series and recurrences in responses."""

from collections.abc import Sequence
from datetime import date, datetime

from domain.record import Record
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import next_after
from domain.recurrence.words.rule_words import rule_words
from domain.series import Series
from domain.values.schedule import Anchor, Materialization, MissedPolicy, Schedule, Template
from domain.values.task_fields import values
from domain.vocabulary import AccountId, ListId, Priority, ReminderId, SeriesId, TaskId
from interfaces.http.protocol.values import Language
from projections.views.tasks.series_list import SeriesRow


class Instant(Record):
    """A moment as the wall time of the series' zone, and in UTC; or a `day`, named by its 00:00,
    which is no moment."""

    local: datetime
    utc: datetime | None
    day: date | None


class SeriesBody(Record):
    """A series: the fields of every occurrence, their rule, and the latest occurrence.

    `text` is the rule in words. `latest` is the last occurrence created or missed, `next` the
    one after it by the calendar. A series that was split continues as `following`. If it is
    `all_day`, its occurrences are days, named by their 00:00.
    """

    id: SeriesId
    owner: AccountId
    title: str
    description: str
    priority: Priority
    list_id: ListId | None
    tags: Sequence[str]
    estimate: str | None
    reminders: Sequence[str]
    rrule: str
    text: str
    dtstart: datetime
    all_day: bool
    timezone: str
    exdates: Sequence[datetime]
    anchor: Anchor
    ahead: Materialization
    missed: MissedPolicy
    latest: datetime
    next: Instant | None
    started_at: datetime
    ended_at: datetime | None
    continues: SeriesId | None
    following: SeriesId | None
    version: int


class RecurrenceBody(Record):
    """How a task recurs: its occurrence, as a wall time, and its series. The pending reminders
    `reminders_of_this_task` are not repeated at later occurrences."""

    task_id: TaskId
    occurrence: datetime
    series: SeriesBody
    reminders_of_this_task: Sequence[ReminderId]


def instant(local: datetime, timezone: str, *, all_day: bool) -> Instant:
    if all_day:
        return Instant(local=local, utc=None, day=local.date())
    return Instant(local=local, utc=resolve(local, zone(timezone)), day=None)


def of_state(series: Series, language: Language = "en") -> SeriesBody | None:
    """Return the body of a series, its rule in words of `language`; None if it never started."""
    if series.id is None or series.owner is None or series.started_at is None:
        return None
    return _body(
        series.template,
        series.schedule,
        language,
        id=series.id,
        owner=series.owner,
        latest=series.last_generated,
        started_at=series.started_at,
        ended_at=series.ended_at,
        continues=series.continues,
        following=series.following,
        version=series.version,
    )


def of_row(row: SeriesRow) -> SeriesBody:
    return _body(
        Template(**values(row, Template)),
        row.schedule,
        "en",
        id=row.id,
        owner=row.owner,
        latest=row.latest,
        started_at=row.started_at,
        ended_at=row.ended_at,
        continues=row.continues,
        following=row.following,
        version=row.version,
    )


def _body(
    template: Template,
    schedule: Schedule,
    language: Language,
    *,
    id: SeriesId,  # noqa: A002 - the field's name
    owner: AccountId,
    latest: datetime,
    started_at: datetime,
    ended_at: datetime | None,
    continues: SeriesId | None,
    following: SeriesId | None,
    version: int,
) -> SeriesBody:
    recurrence = schedule.recurrence
    goes_on = ended_at is None and schedule.anchor is Anchor.SCHEDULE
    upcoming = next_after(recurrence, latest) if goes_on else None
    return SeriesBody(
        **values(template, Template),
        id=id,
        owner=owner,
        rrule=schedule.rule,
        text=rule_words(recurrence, language, from_completion=schedule.anchor is Anchor.COMPLETION),
        dtstart=schedule.start,
        all_day=schedule.all_day,
        timezone=schedule.timezone,
        exdates=schedule.excluded,
        anchor=schedule.anchor,
        ahead=schedule.ahead,
        missed=schedule.missed,
        latest=latest,
        next=instant(upcoming, schedule.timezone, all_day=schedule.all_day) if upcoming else None,
        started_at=started_at,
        ended_at=ended_at,
        continues=continues,
        following=following,
        version=version,
    )
