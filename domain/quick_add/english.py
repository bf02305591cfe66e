"""The words and phrases of English."""

from datetime import time

from domain.quick_add import days, rules, times
from domain.quick_add.phrases import Kind, Language, Lead, Part, Phrase, words

_WEEKDAYS = {
    "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "thursday": 3,
    "thu": 3, "thur": 3, "thurs": 3, "friday": 4, "fri": 4, "saturday": 5, "sunday": 6,
    "wed": 2, "sat": 5, "sun": 6,
}  # fmt: skip
_MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4,
    "may": 5, "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9,
    "sept": 9, "sep": 9, "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12,
    "dec": 12,
}  # fmt: skip
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_UNITS = {
    word + plural: word
    for word in ("minute", "hour", "day", "week", "month", "year", "quarter", "fortnight")
    for plural in ("", "s")
} | {"min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour"}
_NTH = {
    "first": "first", "1st": "first", "second": "second", "2nd": "second", "third": "third",
    "3rd": "third", "fourth": "fourth", "4th": "fourth", "fifth": "fifth", "5th": "fifth",
    "last": "last",
}  # fmt: skip
_PARTS = {
    "morning": Part(at=time(9), first=3, last=11),
    "afternoon": Part(at=time(15), first=12, last=18),
    "evening": Part(at=time(19), first=16, last=23),
    "night": Part(at=time(21), first=18, last=23),
    "tonight": Part(at=time(20), first=17, last=23),
}
_LEADS = {
    **dict.fromkeys(("on", "for", "@"), Lead.PLAIN),
    **dict.fromkeys(("by", "due", "due on", "due by", "no later than", "deadline"), Lead.DEADLINE),
    **dict.fromkeys(("until", "till", "til"), Lead.UNTIL),
    **dict.fromkeys(
        ("from", "starting", "starting on", "starting from", "beginning", "beginning on", "as of"),
        Lead.START,
    ),
    **dict.fromkeys(
        ("before", "after", "to", "since", "through", "than", "of", "between", "except", "not",
         "not on", "past", "last", "previous", "about", "during", "like", "called", "named"),
        Lead.UNSURE,
    ),
}  # fmt: skip
_TIME_LEADS = {
    **dict.fromkeys(("at", "@", "for"), Lead.PLAIN),
    **dict.fromkeys(("by", "due", "due at", "due by", "no later than", "until"), Lead.DEADLINE),
    **dict.fromkeys(("before", "after", "to", "since", "from", "between", "past", "in", "than"),
                    Lead.UNSURE),
}  # fmt: skip
_CLEAR = "|".join(name for name in _WEEKDAYS if name not in ("wed", "sat", "sun"))
_DOUBTFUL_MONTHS = ("march", "mar", "april", "may", "june", "august", "jan")
_CLEAR_MONTHS = "|".join(sorted((m for m in _MONTHS if m not in _DOUBTFUL_MONTHS), reverse=True))
_PLURALS = "|".join(f"{name}s" for name in _WEEKDAYS if name.endswith("day"))
_LENGTH = (
    f"(?:[0-9]{{1,3}}|{'|'.join(_COUNTS)})~(?:{'|'.join(sorted((*_UNITS, *'mhdw'), reverse=True))})"
)
_WORDS = {
    "articles": "the",
    "and": "(?:and|or on|and on|and every)",
    "clear": rf"(?P<weekday>{_CLEAR})\.?",
    "doubtful": r"(?P<weekday>wed|sat|sun)\.?",
    "clear_month": rf"(?P<month>{_CLEAR_MONTHS})\.?",
    "th": "(?:st|nd|rd|th)",
    "every": "(?:every|each)",
    "steps": "(?P<steps>other|second|2nd|third|3rd|fourth|4th|[0-9]{1,3}|two|three|four|five|six"
    "|eight|ten|twelve)",
    "days_of_month": "(?P<month_days>[0-9]{1,2}(?:st|nd|rd|th)"
    "(?:(?:,~| and | and the )[0-9]{1,2}(?:st|nd|rd|th)){0,6})",
    "last_day": "(?P<last_day>last day)",
    "of_month": "(?: (?:of|in) (?:the|each|every|a) month)",
    "clock": "{hour}(?::{minute})?",
    "spoken": f"(?P<spoken>[0-9]{{1,2}}|{'|'.join(_COUNTS)})",
    "other_weekday": rf"(?:{'|'.join(sorted(_WEEKDAYS, reverse=True))})\.?",
    "any_day": rf"(?:(?:{'|'.join(sorted(_WEEKDAYS, reverse=True))})|[0-9]{{1,2}}(?:st|nd|rd|th))",
    "plural_weekdays": f"(?P<weekdays>(?:{_PLURALS})(?:(?:,~| and )(?:{_PLURALS})){{0,6}})",
    # How long a rule goes on, and what would take days away from it.
    "more": "(?: for (?P<for_count>[0-9]{1,3}|a|one|two|three|four|five|six)"
    " (?P<for_unit>days?|weeks?|months?|years?))?(?P<limit>,? (?:except|but|unless|or|excluding|on"
    f"|in (?:{'|'.join(_MONTHS)})))?",
}

_DAYS = (
    Phrase(pattern="today|eod|end of (?:the )?day", read=days.plus(0)),
    Phrase(pattern="(?P<part>tonight)", read=days.plus(0)),
    Phrase(pattern="this {part}", read=days.plus(0)),
    Phrase(pattern="tomorrow|tmrw", read=days.plus(1)),
    Phrase(pattern="(?:the )?day after tomorrow", read=days.plus(2)),
    Phrase(pattern="(?:(?:this )?coming )?{clear}", read=days.coming),
    Phrase(pattern="{doubtful}", read=days.coming, sure=False),
    Phrase(pattern="{doubtful}", read=days.coming, led=True),
    Phrase(pattern="{doubtful}(?= [0-9]{1,2}(?::[0-9]{2}|~[ap]m))", read=days.coming),
    Phrase(pattern="this {weekday}", read=days.of_this_week),
    Phrase(pattern="next {weekday}", read=days.of_next_week),
    Phrase(pattern="{clear} next week", read=days.of_next_week),
    Phrase(pattern="next week(?: on)? {weekday}", read=days.of_next_week),
    Phrase(pattern="{clear} in {count} weeks?", read=days.of_week_ahead),
    Phrase(pattern="in {count} weeks? on {weekday}", read=days.of_week_ahead),
    Phrase(pattern="in {count} {unit}", read=days.ahead),
    Phrase(pattern="{count} {unit} from (?:now|today)", read=days.ahead),
    Phrase(pattern="in half an hour", read=days.half_an_hour_ahead),
    Phrase(pattern="next week", read=days.next_week, period=True),
    Phrase(pattern="next month", read=days.next_month, period=True),
    Phrase(pattern="(?:this|on the|at the|over the) weekend", read=days.weekend, period=True),
    Phrase(pattern="(?:at |by )?(?:the )?end of (?:the |this )?month", read=days.end_of_month(0)),
    Phrase(pattern="(?:at |by )?(?:the )?end of next month", read=days.end_of_month(1)),
    Phrase(
        pattern="(?:at |by )?(?:the )?end of {month}(?: {year})?", read=days.end_of_named_month
    ),
    Phrase(pattern="(?:at |by )?(?:the )?end of (?:the |this )?year", read=days.end_of_year),
    Phrase(
        pattern="(?:at |by )?(?:the )?end of (?:the |this )?week", read=days.end_of_week, sure=False
    ),
    Phrase(pattern="{year}-(?P<month_number>[0-9]{2})-(?P<day>[0-9]{2})", read=days.dated),
    Phrase(
        pattern=r"(?:{weekday},? )?{day}\.~{month_number}\.~(?P<year>[0-9]{4})", read=days.dated
    ),
    Phrase(
        pattern="(?:{weekday},? (?:the )?)?{day}{th} (?:of )?{month}(?:,? {year})?", read=days.dated
    ),
    Phrase(pattern="(?:{weekday},? )?{day} {month},? {year}", read=days.dated),
    Phrase(pattern="{weekday},? {day} {month}", read=days.dated),
    Phrase(pattern="{day} {month}", read=days.dated, exposed=True),
    Phrase(pattern="(?:{weekday},? )?{month} {day}{th}?,? {year}", read=days.dated),
    Phrase(pattern="(?:{weekday},? )?{month} (?:the )?{day}{th}", read=days.dated),
    Phrase(pattern="{weekday},? {month} {day}", read=days.dated),
    Phrase(pattern="{clear_month} {day}", read=days.dated),
    Phrase(pattern="{month} {day}", read=days.dated, exposed=True),
    Phrase(pattern="{day}/{month_number}/(?P<year>[0-9]{4})", read=days.slashed),
    Phrase(pattern="{day}/{month_number}", read=days.slashed, sure=False),
    Phrase(pattern="(?:next )?{weekday},? (?:the )?{day}{th}", read=days.day_of_month),
    Phrase(pattern="{day}{th}", read=days.day_of_month, led=True),
    Phrase(pattern="{nth} {weekday} (?:of|in) {month}(?: {year})?", read=days.nth_weekday),
    Phrase(pattern="{weekday} (?:of|in) (?:calendar )?week {week}", read=days.of_week),
    Phrase(pattern="in (?:calendar week|cw)~{week}", read=days.of_week, period=True),
    Phrase(pattern="(?:in )?(?:calendar week|week|cw)~{week}", read=days.of_week, sure=False),
    # Not the day that is named, but another, or none.
    Phrase(pattern="{nth} {weekday}", read=days.nothing),
    Phrase(pattern="{weekday} week", read=days.nothing),
    Phrase(
        pattern="(?:black|good|easter|cyber|ash|palm|super|casual|whit|bank holiday) {weekday}",
        read=days.nothing,
    ),
    Phrase(
        pattern="{weekday}(?:~[-–/]~| through | thru | to | or | and ){other_weekday}",
        read=days.nothing,
    ),
    Phrase(
        pattern=r"(?:every|each)(?: [^\s\x00\x01]{1,20}){0,2} {any_day}",
        read=days.nothing,
    ),
    Phrase(
        pattern="(?:{count} )?(?:days?|weeks?|months?|years?) (?:before|after|from|on) (?:the )?"
        "(?:next )?(?:{any_day}|today|tomorrow)",
        read=days.nothing,
    ),
)  # fmt: skip

_TIMES = (
    Phrase(pattern=r"{clock}~(?P<meridiem>am|pm|a\.m\.?|p\.m\.?)", read=times.written),
    Phrase(pattern="(?P<hour>[01]?[0-9]|2[0-4]):{minute}", read=times.bare, loose=True),
    Phrase(pattern="{hour}", read=times.bare, bare=True),
    Phrase(pattern="{clock} o['’]?clock", read=times.bare),
    Phrase(pattern="{clock} (?:in the|at) {part}", read=times.written),
    Phrase(pattern="half past {spoken}(?: in the {part})?", read=times.past(30)),
    Phrase(pattern="(?:a )?quarter past {spoken}(?: in the {part})?", read=times.past(15)),
    Phrase(pattern="(?:a )?quarter to {spoken}(?: in the {part})?", read=times.past(-15)),
    Phrase(pattern="noon|midday", read=times.noon, loose=True),
    Phrase(pattern="midnight", read=days.nothing),
    Phrase(  # two times are no time
        pattern=r"{hour}(?::{minute})?(?:am|pm)?~[-–]~[0-9]{1,2}(?::[0-9]{2})?~(?:am|pm)?",
        read=days.nothing,
    ),
)
_RULES = (
    Phrase(pattern="{every} (?:{steps} )?{unit}{more}", read=rules.interval),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>weeks?)(?:,| on)? {weekdays}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>months?)(?:,| on) (?:the )?"
        "(?:{days_of_month}|{last_day}|{nth} {weekday}){more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>years?)(?:,| on) (?:the )?"
        "{day}{th}? (?:of )?{month}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>years?)(?:,| on) {month} {day}{th}?{more}",
        read=rules.interval,
    ),
    Phrase(pattern="{every} (?:(?P<steps>other) )?{weekdays}(?: {part})?{more}", read=rules.weekly),
    Phrase(pattern="{every} {nth} {weekday}{of_month}{more}", read=rules.monthly),
    Phrase(pattern="{every} {nth} {weekday}{more}", read=rules.doubtful_nth),
    Phrase(
        pattern="{every} (?:weekday|workday|working day|business day)(?: {part})?{more}",
        read=rules.fixed("weekday"),
    ),
    Phrase(pattern="on weekdays{more}", read=rules.fixed("weekday")),
    Phrase(pattern="weekdays{more}", read=rules.fixed("weekday"), exposed=True),
    Phrase(pattern="{every} {part}{more}", read=rules.fixed("day")),
    Phrase(pattern="{every} (?:{days_of_month}|{last_day}){of_month}?{more}", read=rules.monthly),
    Phrase(
        pattern="(?:on )?(?:the )?(?:{days_of_month}|{last_day}|{nth} {weekday})"
        " of (?:every|each) month{more}",
        read=rules.monthly,
    ),
    Phrase(pattern="{every} {day}{th}? (?:of )?{month}{more}", read=rules.yearly),
    Phrase(pattern="{every} {month} {day}{th}?{more}", read=rules.yearly),
    Phrase(pattern="on {plural_weekdays}(?: {part}s?)?{more}", read=rules.weekly),
    Phrase(pattern="daily{more}", read=rules.fixed("day"), exposed=True),
    Phrase(pattern="weekly{more}", read=rules.fixed("week"), exposed=True),
    Phrase(pattern="weekly on {weekdays}{more}", read=rules.weekly),
    Phrase(pattern="monthly{more}", read=rules.fixed("month"), exposed=True),
    Phrase(
        pattern="monthly on the (?:{days_of_month}|{last_day}|{nth} {weekday}){more}",
        read=rules.monthly,
    ),
    Phrase(
        pattern="(?:yearly|annually) on (?:the )?{day}{th}? (?:of )?{month}{more}",
        read=rules.yearly,
    ),
    Phrase(pattern="(?:yearly|annually) on {month} {day}{th}?{more}", read=rules.yearly),
    Phrase(pattern="(?:yearly|annually){more}", read=rules.fixed("year"), exposed=True),
    Phrase(pattern="quarterly{more}", read=rules.fixed("3 months"), exposed=True),
)
_REMINDERS = (
    Phrase(
        pattern=f"(?:with (?:a )?)?remind(?:er)?(?: me)?:?~(?P<lengths>{_LENGTH}"
        f"(?:(?:,~| and ){_LENGTH}){{0,4}}) (?:before(?:hand)?|earlier|ahead|in advance)",
        read=times.reminder,
    ),
)
_PART_PHRASES = (Phrase(pattern="(?:in the |at )?{part}", read=times.part_of_day),)

ENGLISH = Language(
    name="en",
    capitals=True,
    weekdays=_WEEKDAYS,
    months=_MONTHS,
    counts=_COUNTS,
    units=_UNITS,
    nth=_NTH,
    parts=_PARTS,
    leads=_LEADS,
    time_leads=_TIME_LEADS,
    names=words(
        "room flight gate platform chapter page verse psalm version bus line route track no number"
        " ratio score step part section level unit lot apt apartment suite floor area season"
        " episode exit channel box item issue ticket order case build release v id code model size"
        " grade class phase sprint lesson exercise question problem john luke mark matthew genesis"
        " bible train tram highway mile windows python ios android"
    ),
    tails=words(
        "at by on for with in from to and or until till before after via due about starting"
        " every each remind reminder noon"
    ),
    common=words(
        "we you now the a an is are and of with my your at every each on next tomorrow today to i"
        " for by this before after call buy tonight month day"
    ),
    words=_WORDS,
    phrases={
        Kind.DAY: _DAYS,
        Kind.TIME: _TIMES,
        Kind.PART: _PART_PHRASES,
        Kind.RULE: _RULES,
        Kind.REMINDER: _REMINDERS,
    },
)
