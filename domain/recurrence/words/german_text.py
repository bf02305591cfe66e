"""Says a recurrence in German, as in "alle 2 Wochen am Dienstag und Sonntag"."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.recurrence.recurrence import Recurrence
from domain.recurrence.rule import Frequency, Rule, RuleDay, Weekday
from domain.recurrence.words.text import as_said, from_start, is_one_date, or_last_day, starts_weeks

_EACH = {
    Frequency.DAILY: ("jeden Tag", "Tage"),
    Frequency.WEEKLY: ("jede Woche", "Wochen"),
    Frequency.MONTHLY: ("jeden Monat", "Monate"),
    Frequency.YEARLY: ("jedes Jahr", "Jahre"),
}
_WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_NTH = ("erste", "zweite", "dritte", "vierte", "fünfte")
_FROM_END = ("letzte", "vorletzte", "drittletzte")
_WORKING_DAYS = tuple(RuleDay(weekday=weekday) for weekday in (*Weekday,)[:5])


def german_rule_text(recurrence: Recurrence, *, from_completion: bool = False) -> str:
    """Return what `rule_text` returns, in German."""
    rule, start = as_said(recurrence, from_completion=from_completion), recurrence.start
    words = [_pace(rule), _days(rule), _weeks(rule), _months(rule)]
    words += [_times(rule, start), _until(rule, start)]
    said = " ".join(word for word in words if word).replace(" , ", ", ")
    if starts_weeks(rule):
        said += f", Wochen ab {_WEEKDAYS[rule.week_start.number]}"
    if rule.count is not None:
        said += ", einmal" if rule.count == 1 else f", {rule.count}-mal"
    return f"{said}, gezählt ab der Erledigung" if from_completion else said


def _pace(rule: Rule) -> str:
    each, several = _EACH[rule.frequency]
    if rule.interval > 1:
        return f"alle {rule.interval} {several}"
    if _is_each_working_day(rule):
        return "jeden Tag von Montag bis Freitag"
    return each


def _is_each_working_day(rule: Rule) -> bool:
    return (
        rule.frequency is Frequency.WEEKLY
        and rule.by_day == _WORKING_DAYS
        and rule.interval == 1
        and not rule.by_set_position
    )


def _days(rule: Rule) -> str:
    if is_one_date(rule):
        return f"am {rule.by_month_day[0]}. {_MONTHS[rule.by_month[0] - 1]}"
    if last := or_last_day(rule):
        return f"am {last}. oder am letzten Tag"
    if rule.by_set_position and rule.frequency is not Frequency.DAILY:
        return _chosen(rule)
    if _is_each_working_day(rule):
        return ""
    dates = [f"der {each}" for each in _dates(rule, "")]
    of_year = [f"der {each} Tag des Jahres" for each in _numbers(rule.by_year_day, "")]
    weekdays = _named_weekdays(rule)
    if rule.frequency is Frequency.DAILY:
        return _if(dates, of_year, weekdays)
    if dates:
        on = f"am {_listed(_dates(rule, 'n'))}"
        if rule.frequency is Frequency.YEARLY and not (rule.by_month or rule.by_week_number):
            on += " jedes Monats"
        return f"{on}{_if([], of_year, weekdays)}"
    if of_year:
        numbers = _listed(_numbers(rule.by_year_day, "n"))
        return f"am {numbers} Tag des Jahres{_if([], [], weekdays)}"
    return _on_weekdays(rule)


def _if(*conditions: Sequence[str]) -> str:
    """Say what a day must be: one of the words of each condition."""
    every = [_listed(words, "oder") for words in conditions if words]
    return f", wenn es {' und '.join(every)} ist" if every else ""


def _named_weekdays(rule: Rule) -> list[str]:
    """Return the weekdays as subjects: "ein Freitag", "der erste Montag"."""
    if rule.by_day == _WORKING_DAYS:
        return ["ein Tag von Montag bis Freitag"]
    return [
        f"der {_place(day.nth, '')} {_name(day)}" if day.nth else f"ein {_name(day)}"
        for day in _sorted(rule.by_day)
    ]


def _on_weekdays(rule: Rule) -> str:
    weekly = rule.frequency is Frequency.WEEKLY or bool(rule.by_week_number)
    if rule.by_day == _WORKING_DAYS:
        return "von Montag bis Freitag" if weekly else "an jedem Tag von Montag bis Freitag"
    numbered = [f"{_place(day.nth, 'n')} {_name(day)}" for day in _sorted(rule.by_day) if day.nth]
    plain = [_name(day) for day in rule.by_day if not day.nth]
    words = [f"am {_listed(numbered)}"] if numbered else []
    if plain:
        words.append(f"{'am' if weekly else 'an jedem'} {_listed(plain)}")
    return " und ".join(words)


def _chosen(rule: Rule) -> str:
    """Say what BYSETPOS picks: positions among all that the other parts leave in a period."""
    places = _listed(_place(number, "n") for number in from_start(rule.by_set_position))
    weekdays = [
        f"{_place(day.nth, 'r')} {_name(day)}" if day.nth else _name(day)
        for day in _sorted(rule.by_day)
    ]
    if rule.by_day == _WORKING_DAYS:
        weekdays = ["Montag bis Freitag"]
    of_year = [f"{each} Tag des Jahres" for each in _numbers(rule.by_year_day, "r")]
    parts = [_listed(each) for each in (_dates(rule, "r"), of_year, weekdays) if each]
    return f"am {places} der Tage ({', davon '.join(parts)})"


def _dates(rule: Rule, ending: str) -> list[str]:
    return [
        f"{number}." if number > 0 else f"{_place(number, ending)} Tag"
        for number in from_start(rule.by_month_day)
    ]


def _numbers(numbers: Iterable[int], ending: str) -> list[str]:
    return [f"{n}." if n > 0 else _place(n, ending) for n in from_start(numbers)]


def _place(number: int, ending: str) -> str:
    """Return an ordinal such as "erste", "vorletzte" or "7.-letzte", with an ending."""
    count = abs(number)
    if number > 0:
        return f"{_NTH[count - 1]}{ending}" if count <= len(_NTH) else f"{count}."
    return (_FROM_END[count - 1] if count <= len(_FROM_END) else f"{count}.-letzte") + ending


def _name(day: RuleDay) -> str:
    return _WEEKDAYS[day.weekday.number]


def _sorted(days: Iterable[RuleDay]) -> list[RuleDay]:
    return sorted(days, key=lambda day: day.nth < 0)


def _weeks(rule: Rule) -> str:
    numbers = from_start(rule.by_week_number)
    if not numbers:
        return ""
    if numbers[-1] > 0:
        named = _listed(map(str, numbers))
        return f"in Woche {named}" if len(numbers) == 1 else f"in den Wochen {named}"
    return f"in der {_listed(_numbers(numbers, 'n'))} Woche"


def _months(rule: Rule) -> str:
    if not rule.by_month or is_one_date(rule):
        return ""
    return f"im {_listed(_MONTHS[month - 1] for month in rule.by_month)}"


def _times(rule: Rule, start: datetime) -> str:
    """Say the times of day where the rule has its own."""
    if not (rule.by_hour or rule.by_minute or rule.by_second):
        return ""
    form = "%H:%M:%S" if rule.by_second not in ((), (0,)) else "%H:%M"
    times = [f"{at:{form}}" for at in rule.times_of_day(start)]
    few = len(times) <= 6
    said = _listed(times) if few else f"{len(times)} Zeiten von {times[0]} bis {times[-1]}"
    if rule.by_set_position and rule.frequency is Frequency.DAILY:
        places = _listed(_place(number, "n") for number in from_start(rule.by_set_position))
        return f"zur {places} der Zeiten {said}" if few else f"zur {places} der {said}"
    return f"um {said}" if few else f"zu {said}"


def _until(rule: Rule, start: datetime) -> str:
    if rule.until is None:
        return ""
    said = f"bis {rule.until.day}. {_MONTHS[rule.until.month - 1]} {rule.until.year}"
    if rule.until.time() == rule.times_of_day(start)[-1]:
        return said
    return f"{said} um {rule.until:%H:%M}"


def _listed(words: Iterable[str], joint: str = "und") -> str:
    *most, last = [*words] or [""]
    return f"{', '.join(most)} {joint} {last}" if most else last
