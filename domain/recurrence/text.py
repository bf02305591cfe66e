"""Says a recurrence in English, as in "every other week on Tuesday and Sunday"."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.recurrence.days import with_days_of_start
from domain.recurrence.recurrence import Recurrence
from domain.recurrence.rule import MONTH_NAMES, WEEKDAY_NAMES, WEEKDAYS, Frequency, Rule, RuleDay

_UNITS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
_NTH = ("first", "second", "third", "fourth", "fifth")
_WORKING_DAYS = tuple(RuleDay(weekday=weekday) for weekday in WEEKDAYS[:5])


def rule_text(recurrence: Recurrence) -> str:
    """Return the rule in words, with what its start fills in, but for its time of day."""
    rule = with_days_of_start(recurrence.rule, recurrence.start.date())
    times = _times(rule, recurrence.start)
    words = [_pace(rule), _days(rule), _weeks(rule), _months(rule), times, _until(rule)]
    said = " ".join(word for word in words if word)
    if rule.count is None:
        return said
    return f"{said}, once" if rule.count == 1 else f"{said}, {rule.count} times"


def _pace(rule: Rule) -> str:
    unit = _UNITS[rule.frequency]
    if rule.frequency is Frequency.WEEKLY and rule.by_day == _WORKING_DAYS:
        unit = "weekday" if rule.interval == 1 else unit
    match rule.interval:
        case 1:
            return f"every {unit}"
        case 2:
            return f"every other {unit}"
        case several:
            return f"every {several} {unit}s"


def _days(rule: Rule) -> str:
    if _is_one_date(rule):
        return f"on {rule.by_month_day[0]} {MONTH_NAMES[rule.by_month[0] - 1]}"
    dates = [f"{_ordinal(n)} day" if n < 0 else _ordinal(n) for n in _from_start(rule.by_month_day)]
    dates += [f"{_ordinal(n)} day of the year" for n in _from_start(rule.by_year_day)]
    weekdays = _weekdays(rule)
    if rule.by_set_position and rule.frequency is not Frequency.DAILY:
        places = _listed(_ordinal(n, _NTH) for n in _from_start(rule.by_set_position))
        if weekdays == ["weekday"] and not dates:
            return f"on {places} weekday"
        return f"on {places} of " + " that are ".join(
            _listed(words) for words in (dates, weekdays) if words
        )
    if dates and weekdays:
        return f"on {_listed(dates)} if that is a {_listed(weekdays, 'or')}"
    if weekdays == ["weekday"]:
        return "" if rule.frequency is Frequency.WEEKLY and rule.interval == 1 else "on weekdays"
    return f"on {_listed(dates or weekdays)}" if dates or weekdays else ""


def _weekdays(rule: Rule) -> list[str]:
    if rule.by_day == _WORKING_DAYS:
        return ["weekday"]
    days = sorted(rule.by_day, key=lambda day: day.nth < 0)
    names = [(day.nth, WEEKDAY_NAMES[day.weekday.number]) for day in days]
    return [f"{_ordinal(nth, _NTH)} {name}" if nth else name for nth, name in names]


def _is_one_date(rule: Rule) -> bool:
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
    return f"in {_listed(f'{_ordinal(n)} week' for n in _from_start(rule.by_week_number))}"


def _months(rule: Rule) -> str:
    if not rule.by_month or _is_one_date(rule):
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
        places = _listed(_ordinal(n, _NTH) for n in _from_start(rule.by_set_position))
        return f"at {places} of {said}"
    return f"at {said}" if len(times) <= 6 else said


def _until(rule: Rule) -> str:
    if rule.until is None:
        return ""
    return f"until {rule.until.day} {MONTH_NAMES[rule.until.month - 1]} {rule.until.year}"


def _from_start(numbers: Iterable[int]) -> list[int]:
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
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last
