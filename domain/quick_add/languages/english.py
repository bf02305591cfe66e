"""The phrases of English."""

from domain.quick_add import days, rules, times
from domain.quick_add.languages.english_words import (
    COMMON,
    COUNTS,
    DETERMINERS,
    DOUBTS,
    ESTIMATES,
    EVENINGS,
    LEADS,
    LENGTH,
    MONTHS,
    NAME_ENDS,
    NAMES,
    NTH,
    PARTS,
    TAILS,
    TIME_LEADS,
    UNITS,
    WEEKDAYS,
    WORDS,
)
from domain.quick_add.phrases import GrammarLanguage, Kind, Phrase

_DAYS = (
    Phrase(  # names of days, and the names of what is on them
        pattern="may the (?:4th|fourth)|(?:july (?:4th|fourth)|(?:4th|fourth) of july) "
        "(?:parade|fireworks?|party|picnic|barbecue|bbq|cookout|decorations?|celebrations?)",
        read=days.nothing,
    ),
    Phrase(pattern="today|eod|end of (?:the )?day", read=days.plus(0)),
    Phrase(pattern="(?P<part>tonight)", read=days.plus(0)),
    Phrase(pattern="this {part}", read=days.plus(0)),
    Phrase(pattern="tomorrow|tmrw", read=days.plus(1)),
    Phrase(pattern="(?:the )?day after tomorrow", read=days.plus(2)),
    Phrase(pattern="(?:(?:this )?coming )?{clear}", read=days.coming, attributive=True),
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
    Phrase(
        pattern="{day}{th}? (?:of )?{month},? (?:of )?(?P<next_year>next year)", read=days.dated
    ),
    Phrase(pattern="{month} {day}{th}?,? (?:of )?(?P<next_year>next year)", read=days.dated),
    Phrase(pattern="(?P<next_year>next year),?(?: on)? {month} {day}{th}?", read=days.dated),
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
    Phrase(pattern="{weekday} week|for {other_weekday} off", read=days.nothing),
    Phrase(
        pattern="(?:black|good|easter|cyber|ash|palm|super|casual|whit|fat|shrove|maundy|ruby"
        r"|giving|meatless|manic|stormy|any given|freaky|blue|bloody|taco"
        r"|tgi|bank holiday|mr\.?|mrs\.?|ms\.?|miss|dr\.?|following)"
        " {weekday}",
        read=days.nothing,
    ),
    Phrase(
        pattern="{weekday} (?:after next|after that|fortnight|times|roast|addams|weld"
        "|night (?:live|fever|lights|football|raw)|is|was|has|will|people|magazine|times)",
        read=days.nothing,
    ),
    Phrase(
        pattern="mon (?:ami|amie|amour|ch[eé]ri|dieu|petit|repos|compte|espace|profil"
        "|mari|p[eè]re)",
        read=days.nothing,
    ),
    Phrase(pattern="(?:the|a|my|our|your|his|her|their|that) {weekday}", read=days.nothing),
    Phrase(
        pattern="(?:early|late|later|mid|middle of|beginning of|start of|sometime)"
        " (?:next|this|the) (?:week|month|year)|end of next (?:week|year)|week after next",
        read=days.nothing,
    ),
    Phrase(  # two days are no day
        pattern="(?:{month} )?{day}{th}?(?:,~| and | or | to | through |~[-–]~)(?:the )?"
        "[0-9]{1,2}{th}?(?: (?:of )?{other_month})?",
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
    Phrase(pattern="{spoken}(?: o['’]?clock)?(?: in the {part})?", read=times.past(0), bare=True),
    Phrase(pattern="midnight", read=days.nothing),
    Phrase(
        pattern="{hour}:{minute} (?:ratio|aspect|format|win|loss|defeat|victory)",
        read=days.nothing,
    ),
    Phrase(
        pattern="{hour}(?::{minute})?~(?:am|pm)? (?:and|or) [0-9]{1,2}(?::[0-9]{2})?~(?:am|pm)?",
        read=days.nothing,
    ),
    Phrase(  # two times are no time
        pattern=r"{hour}(?::{minute})?(?:am|pm)?~[-–]~[0-9]{1,2}(?::[0-9]{2})?~(?:am|pm)?",
        read=days.nothing,
    ),
)
_RULES = (
    Phrase(  # more than once in each
        pattern="(?:once|twice|thrice|{count} times|[0-9]{1,2}x) (?:daily|weekly|monthly|yearly"
        "|(?:every|each|a|per) {unit})",
        read=days.nothing,
    ),
    Phrase(pattern="{every} (?:{steps} )?{unit}{more}", read=rules.interval),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>weeks?)(?:,| on)? {weekdays}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="{every} (?:{steps} )?(?P<unit>months?)(?:,| on) (?:the )?"
        "(?:{nth} {weekday}|{days_of_month}|{last_day}){more}",
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
        pattern="(?:on )?(?:the )?(?:{nth} {weekday}|{days_of_month}|{last_day})"
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
        pattern="monthly on the (?:{nth} {weekday}|{days_of_month}|{last_day}){more}",
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
        pattern=f"(?:with (?:a )?)?remind(?:er)?(?: me)?:?~(?P<lengths>{LENGTH}"
        f"(?:(?:,~| and ){LENGTH}){{0,4}}) (?:before(?:hand)?|earlier|ahead|in advance)",
        read=times.reminder,
    ),
)
_PART_PHRASES = (Phrase(pattern="(?:in the |at )?{part}", read=times.part_of_day),)

ENGLISH = GrammarLanguage(
    name="en",
    capitals=True,
    weekdays=WEEKDAYS,
    months=MONTHS,
    counts=COUNTS,
    units=UNITS,
    nth=NTH,
    parts=PARTS,
    leads=LEADS,
    time_leads=TIME_LEADS,
    names=NAMES,
    name_ends=NAME_ENDS,
    tails=TAILS,
    evenings=EVENINGS,
    determiners=DETERMINERS,
    common=COMMON,
    words=WORDS,
    estimates=ESTIMATES,
    doubts=DOUBTS,
    phrases={
        Kind.DAY: _DAYS,
        Kind.TIME: _TIMES,
        Kind.PART: _PART_PHRASES,
        Kind.RULE: _RULES,
        Kind.REMINDER: _REMINDERS,
    },
)
