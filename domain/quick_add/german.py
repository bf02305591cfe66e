"""The words and phrases of German."""

from datetime import time

from domain.quick_add import days, rules, times
from domain.quick_add.phrases import Kind, Language, Lead, Part, Phrase, words

_LONG_WEEKDAYS = {
    "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5,
    "sonnabend": 5, "sonntag": 6,
}  # fmt: skip
_SHORT_WEEKDAYS = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
_WEEKDAYS = _LONG_WEEKDAYS | _SHORT_WEEKDAYS
_MONTHS = {
    "januar": 1, "jänner": 1, "jan": 1, "februar": 2, "feb": 2, "märz": 3, "mär": 3, "april": 4,
    "apr": 4, "mai": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7, "august": 8, "aug": 8,
    "september": 9, "sept": 9, "sep": 9, "oktober": 10, "okt": 10, "november": 11, "nov": 11,
    "dezember": 12, "dez": 12,
}  # fmt: skip
_COUNTS = {
    "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4,
    "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12,
    "eins": 1,
}  # fmt: skip
_UNITS = {
    "minute": "minute", "minuten": "minute", "min": "minute", "stunde": "hour", "stunden": "hour",
    "std": "hour", "tag": "day", "tage": "day", "tagen": "day", "woche": "week", "wochen": "week",
    "monat": "month", "monate": "month", "monaten": "month", "jahr": "year", "jahre": "year",
    "jahren": "year", "quartal": "quarter", "quartale": "quarter",
}  # fmt: skip
_NTH = {
    f"{stem}{ending}": nth
    for stem, nth in {
        "erste": "first", "zweite": "second", "dritte": "third", "vierte": "fourth",
        "fünfte": "fifth", "letzte": "last",
    }.items()
    for ending in ("", "n", "r", "s", "m")
}  # fmt: skip
_MORNING = Part(at=time(9), first=3, last=11)
_NOON = Part(at=time(12), first=11, last=14)
_AFTERNOON = Part(at=time(15), first=12, last=18)
_EVENING = Part(at=time(19), first=16, last=23)
_NIGHT = Part(at=time(21), first=18, last=23)
_PARTS = {
    **dict.fromkeys(("früh", "morgen", "morgens", "vormittag", "vormittags"), _MORNING),
    **dict.fromkeys(("mittag", "mittags"), _NOON),
    **dict.fromkeys(("nachmittag", "nachmittags"), _AFTERNOON),
    **dict.fromkeys(("abend", "abends"), _EVENING),
    **dict.fromkeys(("nacht", "nachts"), _NIGHT),
}
_LEADS = {
    **dict.fromkeys(("am", "für", "den", "fällig am", "@"), Lead.PLAIN),
    **dict.fromkeys(("bis spätestens", "spätestens", "spätestens am", "fällig"), Lead.DEADLINE),
    **dict.fromkeys(("bis", "bis zum", "bis zu", "bis am"), Lead.UNTIL),
    **dict.fromkeys(("ab", "ab dem", "von", "vom", "beginnend am", "beginnend"), Lead.START),
    **dict.fromkeys(
        ("vor", "vor dem", "nach", "nach dem", "seit", "seit dem", "auf", "auf den", "zum",
         "außer", "nicht", "nicht am", "letzten", "letzter", "letzte", "letztes", "vergangenen",
         "vorigen", "zwischen", "des", "über", "als", "wie", "zu"),
        Lead.UNSURE,
    ),
}  # fmt: skip
_TIME_LEADS = {
    **dict.fromkeys(("um", "gegen", "@"), Lead.PLAIN),
    **dict.fromkeys(
        ("bis", "bis um", "spätestens um", "spätestens", "bis spätestens"), Lead.DEADLINE
    ),
    **dict.fromkeys(("vor", "nach", "seit", "ab", "von", "zwischen", "in", "als"), Lead.UNSURE),
}  # fmt: skip
_LONG = "|".join(_LONG_WEEKDAYS)
_SHORT = "|".join(_SHORT_WEEKDAYS)
_HABITS = "|".join(f"{name}s" for name in _LONG_WEEKDAYS)
_DAY_PARTS = "früh|morgen|vormittag|mittag|nachmittag|abend|nacht"
_LENGTH = (
    f"(?:[0-9]{{1,3}}|{'|'.join(_COUNTS)})~(?:{'|'.join(sorted((*_UNITS, *'mhd'), reverse=True))})"
)
_WORDS = {
    "articles": "den|dem|der|die",
    "and": "(?:und|und am|und jeden)",
    "long": rf"(?P<weekday>{_LONG})",
    "short": rf"(?P<weekday>{_SHORT})\.?",
    "th": r"\.",
    "dotted": r"{day}\.~{month_number}\.",
    "every": "jede[nrsm]?",
    "next": "nächste[nrsm]?",
    "steps": r"(?P<steps>[0-9]{1,3}\.?|zweite[nrs]?|dritte[nrs]?|vierte[nrs]?|zwei|drei|vier|fünf"
    "|sechs|acht|zehn|zwölf)",
    "days_of_month": r"(?P<month_days>[0-9]{1,2}\.(?:(?:,~| und | und am )[0-9]{1,2}\.){0,6})",
    "last_day": "(?P<last_day>letzten tag|monatsletzten)",
    "of_month": "(?: (?:im|des|jeden|jedes|eines jeden) monat(?:s|es)?)",
    "of_each_month": "(?: (?:jeden|jedes|eines jeden|im) monat(?:s|es)?)",
    "day_part": f"(?P<part>{_DAY_PARTS})",
    "clock": "{hour}(?:[:.]{minute})?",
    "spoken": f"(?P<spoken>[0-9]{{1,2}}|{'|'.join(_COUNTS)})",
    "other_weekday": f"(?:{_LONG})",
    "any_day": rf"(?:(?:{_LONG})|[0-9]{{1,2}}\.)",
    "habits": f"(?P<weekdays>(?:{_HABITS})(?:(?:,~| und )(?:{_HABITS})){{0,6}})",
    "more": "(?: (?:für )?(?P<for_count>[0-9]{1,3}|eine|einen|ein|zwei|drei|vier|fünf|sechs)"
    " (?P<for_unit>tage?|wochen?|monate?|jahre?)(?: lang)?)?"
    f"(?P<limit>,? (?:außer|nur|oder|aber|am|zum|im (?:{'|'.join(_MONTHS)})))?",
}

_DAYS = (
    Phrase(pattern="heute", read=days.plus(0)),
    Phrase(pattern="(?:heute|diese[nr]) {day_part}", read=days.plus(0)),
    Phrase(pattern="morgen", read=days.plus(1)),
    Phrase(pattern="übermorgen", read=days.plus(2)),
    # Here "Morgen" is the morning.
    Phrase(
        pattern="(?:am|den|guten|gestern|jener|eines|dem|der) morgen|gestern(?: {day_part})?",
        read=days.nothing,
    ),
    Phrase(pattern="(?:kommende[nr] )?{long}~{day_part}?", read=days.coming),
    Phrase(pattern="{short}", read=days.coming, led=True),
    Phrase(pattern=r"(?P<weekday>mo|di|fr)\.?", read=days.coming, sure=False),
    Phrase(
        pattern="{short}(?=,? [0-9]{1,2}(?:[:.][0-9]{2}|~uhr|:[0-9]{2}~uhr))", read=days.coming
    ),
    Phrase(pattern="diese[nr] {weekday}~{day_part}?", read=days.of_this_week),
    Phrase(pattern="{next} {long}~{day_part}?", read=days.of_next_week),
    Phrase(pattern="{next} {short}", read=days.of_next_week),
    Phrase(pattern="{next} woche(?: am)? {long}~{day_part}?", read=days.of_next_week),
    Phrase(pattern="{long} {next} woche", read=days.of_next_week),
    Phrase(pattern="{long} in {count} wochen?", read=days.of_week_ahead),
    Phrase(pattern="in {count} wochen? am {long}", read=days.of_week_ahead),
    Phrase(pattern="in {count} {unit}", read=days.ahead),
    Phrase(pattern="heute in {count} (?P<unit>tagen|wochen?|monaten?)", read=days.ahead),
    Phrase(pattern="in einer halben stunde", read=days.half_an_hour_ahead),
    Phrase(pattern="{next} woche", read=days.next_week, period=True),
    Phrase(pattern="{next} monat", read=days.next_month, period=True),
    Phrase(pattern="(?:dieses|am) wochenende", read=days.weekend, period=True),
    Phrase(pattern="(?:am |zum |bis )?(?:ende (?:des|dieses) monats|monatsende)",
           read=days.end_of_month(0)),
    Phrase(pattern="(?:am |zum |bis )?ende (?:des )?nächsten monats", read=days.end_of_month(1)),
    Phrase(pattern="ende {month}(?: {year})?", read=days.end_of_named_month),
    Phrase(pattern="(?:am |zum |bis )?(?:ende (?:des|dieses) jahres|jahresende)",
           read=days.end_of_year),
    Phrase(pattern="(?:am |zum |bis )?(?:ende (?:der|dieser) woche|wochenende)",
           read=days.end_of_week, sure=False),
    Phrase(pattern="{year}-(?P<month_number>[0-9]{2})-(?P<day>[0-9]{2})", read=days.dated),
    Phrase(
        pattern=r"(?:{weekday},?~(?:den )?)?{dotted}~(?P<year>[0-9]{4})", read=days.dated
    ),
    Phrase(
        pattern=r"(?:{weekday},?~(?:den )?)?{dotted}(?P<year>[2-9][0-9])", read=days.dated
    ),
    Phrase(pattern="(?:{weekday},?~(?:den )?)?{dotted}", read=days.dated),
    Phrase(pattern=r"{day}\.{month_number}", read=days.dated, led=True),
    Phrase(pattern=r"(?:{weekday},?~(?:den )?)?{day}\.~{month}(?:,? {year})?", read=days.dated),
    Phrase(pattern="(?:{weekday},?~(?:den )?)?{day} {month} {year}", read=days.dated),
    Phrase(pattern="{day} {month}", read=days.dated, exposed=True),
    Phrase(pattern="{day}/{month_number}/(?P<year>[0-9]{4})", read=days.slashed),
    Phrase(pattern="{day}/{month_number}", read=days.slashed, sure=False),
    Phrase(pattern=r"{weekday},? (?:den |der )?{day}\.", read=days.day_of_month),
    Phrase(pattern=r"{day}\.", read=days.day_of_month, led=True),
    Phrase(pattern="{nth} {long} im {month}(?: {year})?", read=days.nth_weekday),
    Phrase(pattern="{long}~{day_part}?,? (?:der |in |in der )?kw~{week}", read=days.of_week),
    Phrase(pattern="in (?:der )?kw~{week}", read=days.of_week, period=True),
    Phrase(pattern="kw~{week}", read=days.of_week, sure=False),
    # Not the day that is named, but another, or none.
    Phrase(pattern="{nth} {long}", read=days.nothing),
    Phrase(
        pattern="{long}(?:~[-–/]~| bis | oder | und ){other_weekday}", read=days.nothing
    ),
    Phrase(
        pattern=r"(?:{every}|alle)(?: [^\s\x00\x01]{1,20}){0,2} {any_day}", read=days.nothing
    ),
    Phrase(
        pattern="(?:{count} )?(?:tage?|wochen?|monate?) (?:vor|nach) (?:dem |der )?"
        "(?:{any_day}|heute)",
        read=days.nothing,
    ),
    Phrase(pattern="{long} (?:vor|nach) {count} wochen?", read=days.nothing),
)  # fmt: skip

_CLOCK_PARTS = "(?: (?P<part>früh|morgens|vormittags|mittags|nachmittags|abends|nachts|am abend))?"
_TIMES = (
    Phrase(pattern=f"{{clock}}~uhr{_CLOCK_PARTS}", read=times.written),
    Phrase(pattern=f"{{hour}}~uhr {{minute}}{_CLOCK_PARTS}", read=times.written),
    Phrase(pattern="{clock} (?P<part>früh|morgens|vormittags|mittags|nachmittags|abends|nachts)",
           read=times.written),
    Phrase(pattern="(?P<hour>[01]?[0-9]|2[0-4]):{minute}", read=times.written, loose=True),
    Phrase(pattern=r"{hour}\.{minute}", read=times.written, led=True),
    Phrase(pattern="{hour}", read=times.bare, bare=True),
    Phrase(pattern=f"halb {{spoken}}{_CLOCK_PARTS}", read=times.past(-30)),
    Phrase(pattern=f"viertel nach {{spoken}}{_CLOCK_PARTS}", read=times.past(15)),
    Phrase(pattern=f"viertel vor {{spoken}}{_CLOCK_PARTS}", read=times.past(-15)),
    Phrase(pattern="mitternacht", read=days.nothing),
    Phrase(  # two times are no time
        pattern="{hour}(?::{minute})?(?:~uhr)?(?:~[-–]~| bis )[0-9]{1,2}(?::[0-9]{2})?(?:~uhr)?",
        read=days.nothing,
    ),
)  # fmt: skip
_RULES = (
    Phrase(pattern="(?:{every}|alle) (?:{steps} )?{unit}{more}", read=rules.interval),
    Phrase(
        pattern="(?:{every}|alle) (?:{steps} )?(?P<unit>wochen?)(?:,| am)? {weekdays}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="(?:{every}|alle) (?:{steps} )?(?P<unit>wochen?) {habits}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="(?:{every}|alle) (?:{steps} )?(?P<unit>monate?),? (?:am|zum) "
        "(?:{days_of_month}|{last_day}|{nth} {long}){more}",
        read=rules.interval,
    ),
    Phrase(
        pattern=r"(?:{every}|alle) (?:{steps} )?(?P<unit>jahre?),? am {day}\.?~{month}{more}",
        read=rules.interval,
    ),
    Phrase(
        pattern="(?:{every}|alle) (?:{steps} )?(?P<unit>jahre?),? am {dotted}{more}",
        read=rules.interval,
    ),
    Phrase(pattern="{every} {weekdays}~{day_part}?{more}", read=rules.weekly),
    Phrase(pattern="{every} {nth} {long}{of_month}{more}", read=rules.monthly),
    Phrase(pattern="{every} {nth} {long}{more}", read=rules.every_second),
    Phrase(pattern="{every} (?:werktag|wochentag|arbeitstag){more}", read=rules.fixed("weekday")),
    Phrase(
        pattern="(?:werktags|wochentags|an werktagen|an wochentagen){more}",
        read=rules.fixed("weekday"),
    ),
    Phrase(pattern="{every} {day_part}{more}", read=rules.fixed("day")),
    Phrase(pattern="{every} (?:{days_of_month}|{last_day}){of_month}?{more}", read=rules.monthly),
    Phrase(
        pattern="(?:immer )?(?:am |zum )(?:{days_of_month}|{last_day}|{nth} {long})"
        "{of_each_month}{more}",
        read=rules.monthly,
    ),
    Phrase(pattern=r"{every} {day}\.?~{month}{more}", read=rules.yearly),
    Phrase(pattern="{every} {dotted}{more}", read=rules.yearly),
    Phrase(pattern="{habits}(?: {part})?{more}", read=rules.weekly),
    Phrase(pattern="täglich{more}", read=rules.fixed("day")),
    Phrase(pattern="wöchentlich am {weekdays}{more}", read=rules.weekly),
    Phrase(
        pattern="monatlich am (?:{days_of_month}|{last_day}|{nth} {long}){more}", read=rules.monthly
    ),
    Phrase(pattern=r"jährlich am {day}\.?~{month}{more}", read=rules.yearly),
    Phrase(pattern="jährlich am {dotted}{more}", read=rules.yearly),
    Phrase(pattern="wöchentlich{more}", read=rules.fixed("week")),
    Phrase(pattern="monatlich{more}", read=rules.fixed("month")),
    Phrase(pattern="vierteljährlich{more}", read=rules.fixed("3 months")),
    Phrase(pattern="jährlich{more}", read=rules.fixed("year")),
)
_REMINDERS = (
    Phrase(
        pattern=f"(?:mit )?erinner(?:e|n|ung)?(?: mich)?(?: um)?:?~(?P<lengths>{_LENGTH}"
        f"(?:(?:,~| und ){_LENGTH}){{0,4}}) (?:vorher|davor|zuvor|im voraus)",
        read=times.reminder,
    ),
    Phrase(
        pattern=f"(?P<lengths>{_LENGTH}(?:(?:,~| und ){_LENGTH}){{0,4}})"
        " (?:vorher|davor|zuvor) erinnern",
        read=times.reminder,
    ),
)
_PART_PHRASES = (Phrase(pattern="(?:am )?{part}", read=times.part_of_day),)

GERMAN = Language(
    name="de",
    capitals=False,
    weekdays=_WEEKDAYS,
    months=_MONTHS,
    counts=_COUNTS,
    units=_UNITS,
    nth=_NTH,
    parts=_PARTS,
    leads=_LEADS,
    time_leads=_TIME_LEADS,
    names=words(
        "zimmer raum flug gleis kapitel seite vers psalm version bus linie nr nummer teil abschnitt"
        " stufe haus wohnung stock etage staffel folge ausfahrt kanal punkt ticket auftrag fall v"
        " code modell größe klasse phase sprint lektion aufgabe frage zug tram autobahn windows"
        " python ios android verhältnis § artikel absatz tor platz"
    ),
    tails=words(
        "um am bis für mit in von ab und oder vor nach per fällig wegen bei jeden jede erinnere"
        " erinnern erinnerung früh morgens abends"
    ),
    common=words(
        "der die das den dem ein eine einen und mit für um ist im zum zur von bis jeden jede"
        " jedes alle morgen heute übermorgen uhr nächste nächsten auf bei nach vor"
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
