"""Says a recurrence in English, as in "every other week on Tuesday and Sunday".

The words name exactly the days of the rule. So a rule is said as the simplest that has the same
days: RFC 5545 puts FREQ=YEARLY;BYMONTHDAY=15 in every month, and "every month" is what it says.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from domain.recurrence.days import with_days_of_start
from domain.recurrence.recurrence import Recurrence
from domain.recurrence.rule import (
    MONTH_NAMES,
    WEEKDAY_NAMES,
    WEEKDAYS,
    Frequency,
    Rule,
    RuleDay,
    Weekday,
)

_UNITS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
_NTH = ("first", "second", "third", "fourth", "fifth")
_WORKING_DAYS = tuple(RuleDay(weekday=weekday) for weekday in WEEKDAYS[:5])


def rule_text(recurrence: Recurrence, *, from_completion: bool = False) -> str:
    """Return the rule in words, with what its start fills in, but for its time of day.

    `from_completion`: the next occurrence counts from the day on which the last was done, so the
    start fills in nothing.
    """
    rule, start = as_said(recurrence, from_completion=from_completion), recurrence.start
    words = [_pace(rule), _days(rule), _weeks(rule), _months(rule)]
    words += [_times(rule, start), _until(rule, start)]
    said = " ".join(word for word in words if word) + _week_start(rule)
    if rule.count is not None:
        said += ", once" if rule.count == 1 else f", {rule.count} times"
    return f"{said}, counted from completion" if from_completion else said


def as_said(recurrence: Recurrence, *, from_completion: bool) -> Rule:
    """Return the rule with what its start fills in, as the simplest that has the same days."""
    rule = recurrence.rule
    return _simplest(rule if from_completion else with_days_of_start(rule, recurrence.start.date()))


def _simplest(rule: Rule) -> Rule:
    """Return a rule with the same days, in the frequency in which people would say it."""
    numbered = any(day.nth for day in rule.by_day)
    if rule.interval > 1 or rule.by_set_position or rule.by_week_number or rule.by_year_day:
        return rule
    if rule.by_month_day and not numbered:
        # Of a year only without months: "every year on 15 January" is said so.
        if rule.frequency is Frequency.DAILY or (
            rule.frequency is Frequency.YEARLY and not rule.by_month
        ):
            return replace(rule, frequency=Frequency.MONTHLY)
    elif rule.by_day and not numbered and not rule.by_month_day:
        return replace(rule, frequency=Frequency.WEEKLY)
    return rule


def _pace(rule: Rule) -> str:
    unit = _UNITS[rule.frequency]
    if rule.frequency is Frequency.WEEKLY and rule.by_day == _WORKING_DAYS:
        unit = "weekday" if rule.interval == 1 and not rule.by_set_position else unit
    match rule.interval:
        case 1:
            return f"every {unit}"
        case 2:
            return f"every other {unit}"
        case several:
            return f"every {several} {unit}s"


def _days(rule: Rule) -> str:
    if is_one_date(rule):
        return f"on {rule.by_month_day[0]} {MONTH_NAMES[rule.by_month[0] - 1]}"
    if last := or_last_day(rule):
        return f"on {_ordinal(last)} or the last day"
    if rule.by_set_position and rule.frequency is not Frequency.DAILY:
        return _chosen(rule)
    dates = _dates(rule)
    weekdays = _weekdays(rule)
    if rule.frequency is Frequency.DAILY:
        return _if([_listed(dates, "or")] if dates else [], weekdays)
    if weekdays == ["weekday"] and rule.frequency is Frequency.WEEKLY and rule.interval == 1:
        return ""
    of_year = [f"{_ordinal(n)} day of the year" for n in from_start(rule.by_year_day)]
    if dates:
        on = f"on {_listed(dates)}"
        if rule.frequency is Frequency.YEARLY and not (rule.by_month or rule.by_week_number):
            on += " of every month"
        return f"{on} {_if([_listed(of_year, 'or')] if of_year else [], weekdays)}".strip()
    if of_year:
        return f"on {_listed(of_year)} {_if([], weekdays)}".strip()
    return f"on {_listed(_each(rule, weekdays))}" if weekdays else ""


def _if(tests: Sequence[str], weekdays: Sequence[str]) -> str:
    """Say what else a day must be, all of it: one of some days, and one of some weekdays."""
    either = _listed((n if n.startswith("the ") else f"a {n}" for n in weekdays), "or")
    every = [*tests, either] if weekdays else tests
    return f"if that is {', and '.join(every)}" if every else ""


def _chosen(rule: Rule) -> str:
    """Say what BYSETPOS picks: positions among all that the other parts leave in a period."""
    weekdays = _weekdays(rule)
    dates = _dates(rule)
    of_year = [f"{_ordinal(n)} day of the year" for n in from_start(rule.by_year_day)]
    places = _listed(_ordinal(n, _NTH) for n in from_start(rule.by_set_position))
    if weekdays == ["weekday"] and not (dates or of_year):
        return f"on {places} weekday"
    # A day must be in each of the parts, so each is a condition of its own.
    return f"on {places} of " + " that are ".join(
        _listed(words) for words in (dates, of_year, weekdays) if words
    )


def or_last_day(rule: Rule) -> int:
    """Return 30 if the days are the last of those from the 28th to the 30th: "the 30th or the last
    day"; 0 if they are no such days."""
    last = len(rule.by_month_day) + 27
    shape = tuple(range(28, last + 1))
    if (
        rule.by_set_position != (-1,)
        or rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY)
        or (rule.frequency is Frequency.YEARLY and len(rule.by_month) != 1)
        or last not in (29, 30)
        or rule.by_month_day != shape
        or rule.by_day
        or rule.by_year_day
        or rule.by_week_number
        or rule.by_hour
        or rule.by_minute
        or rule.by_second
    ):
        return 0
    return last


def _dates(rule: Rule) -> list[str]:
    return [f"{_ordinal(n)} day" if n < 0 else _ordinal(n) for n in from_start(rule.by_month_day)]


def _weekdays(rule: Rule) -> list[str]:
    if rule.by_day == _WORKING_DAYS:
        return ["weekday"]
    days = sorted(rule.by_day, key=lambda day: day.nth < 0)
    names = [(day.nth, WEEKDAY_NAMES[day.weekday.number]) for day in days]
    return [f"{_ordinal(nth, _NTH)} {name}" if nth else name for nth, name in names]


def _each(rule: Rule, weekdays: Sequence[str]) -> Sequence[str]:
    """A month or a year has several Tuesdays: say that all are meant."""
    if rule.frequency is Frequency.WEEKLY or rule.by_week_number:
        return ["weekdays"] if weekdays == ["weekday"] else weekdays
    return [name if name.startswith("the ") else f"every {name}" for name in weekdays]


def is_one_date(rule: Rule) -> bool:
    """Whether it is a birthday: one date of one month and nothing more to say."""
    return (
        rule.frequency is Frequency.YEARLY
        and len(rule.by_month) == len(rule.by_month_day) == 1
        and rule.by_month_day[0] > 0
        and not (rule.by_day or rule.by_year_day or rule.by_week_number or rule.by_set_position)
    )


def _weeks(rule: Rule) -> str:
    if not rule.by_week_number:
        return ""
    if min(rule.by_week_number) > 0:
        numbers = _listed(map(str, rule.by_week_number))
        return f"in week {numbers}" if len(rule.by_week_number) == 1 else f"in weeks {numbers}"
    return f"in {_listed(f'{_ordinal(n)} week' for n in from_start(rule.by_week_number))}"


def _week_start(rule: Rule) -> str:
    """Say on which day weeks begin where the days depend on it."""
    return f", in weeks from {WEEKDAY_NAMES[rule.week_start.number]}" if starts_weeks(rule) else ""


def starts_weeks(rule: Rule) -> bool:
    """Return whether the days depend on a day other than Monday on which weeks begin."""
    weekly = rule.frequency is Frequency.WEEKLY and (rule.interval > 1 or rule.by_set_position)
    return rule.week_start is not Weekday.MO and bool(weekly or rule.by_week_number)


def _months(rule: Rule) -> str:
    if not rule.by_month or is_one_date(rule):
        return ""
    return "in " + _listed(MONTH_NAMES[month - 1] for month in rule.by_month)


def _times(rule: Rule, start: datetime) -> str:
    """Say the times of day where the rule has its own."""
    if not (rule.by_hour or rule.by_minute or rule.by_second):
        return ""
    form = "%H:%M:%S" if rule.by_second not in ((), (0,)) else "%H:%M"
    times = [f"{at:{form}}" for at in rule.times_of_day(start)]
    said = _listed(times)
    if len(times) > 6:
        said = f"{len(times)} times from {times[0]} to {times[-1]}"
    if rule.by_set_position and rule.frequency is Frequency.DAILY:
        places = _listed(_ordinal(n, _NTH) for n in from_start(rule.by_set_position))
        return f"at {places} of {said}"
    return f"at {said}" if len(times) <= 6 else said


def _until(rule: Rule, start: datetime) -> str:
    if rule.until is None:
        return ""
    said = f"until {rule.until.day} {MONTH_NAMES[rule.until.month - 1]} {rule.until.year}"
    if rule.until.time() == rule.times_of_day(start)[-1]:
        return said
    return f"{said} at {rule.until:%H:%M}"


def from_start(numbers: Iterable[int]) -> list[int]:
    """Put what is counted from the start before what is counted from the end."""
    return sorted(numbers, key=lambda number: (number < 0, number))


def _ordinal(number: int, words: Sequence[str] = ()) -> str:
    if number == -1:
        return "the last"
    count = abs(number)
    if count <= len(words):
        said = words[count - 1]
    elif count % 100 in (11, 12, 13):
        said = f"{count}th"
    else:
        said = str(count) + {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"the {said}" + (" to last" if number < 0 else "")


def _listed(words: Iterable[str], joint: str = "and") -> str:
    *most, last = [*words] or [""]
    return f"{', '.join(most)} {joint} {last}" if most else last
