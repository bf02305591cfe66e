"""The phrases of German."""

from domain.quick_add import days, rules, times
from domain.quick_add.languages.german_words import (
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
    Phrase(pattern="heute", read=days.plus(0)),
    Phrase(pattern="(?:heute|diese[nr]) {day_part}", read=days.plus(0)),
    Phrase(pattern="morgen", read=days.plus(1)),
    Phrase(pattern="übermorgen", read=days.plus(2)),
    # Here "Morgen" is the morning.
    Phrase(
        pattern="(?:am|den|guten|gestern|jener|eines|dem|der) morgen|gestern(?: {day_part})?",
        read=days.nothing,
    ),
    Phrase(
        pattern="(?:das|ein|im|ins|kein|vom) (?:heute|morgen)"
        "|heute(?: |-)(?:journal|show|plus|xpress)|und täglich grüßt(?: das murmeltier)?",
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
    Phrase(pattern=r"{day}\.{month_number}", read=days.dated, bare=True),
    Phrase(pattern=r"(?:{weekday},?~(?:den )?)?{day}\.~{month}(?:,? {year})?", read=days.dated),
    Phrase(pattern="(?:{weekday},?~(?:den )?)?{day} {month} {year}", read=days.dated),
    Phrase(pattern="{day} {month}", read=days.dated, exposed=True),
    Phrase(
        pattern=r"{day}\.~{month} (?P<next_year>nächsten jahres)",
        read=days.dated,
    ),
    Phrase(pattern="{dotted} (?P<next_year>nächsten jahres)", read=days.dated),
    Phrase(pattern=r"(?P<next_year>nächstes jahr) am {day}\.~{month}", read=days.dated),
    Phrase(pattern="{day}/{month_number}/(?P<year>[0-9]{4})", read=days.slashed),
    Phrase(pattern="{day}/{month_number}", read=days.slashed, sure=False),
    Phrase(pattern=r"{weekday},? (?:den |der )?{day}\.", read=days.day_of_month),
    Phrase(pattern=r"{day}\.", read=days.day_of_month, led=True),
    Phrase(pattern="{nth} {long} im {month}(?: {year})?", read=days.nth_weekday),
    Phrase(pattern="{long}~{day_part}?,? (?:der |in |in der )?kw~{week}", read=days.of_week),
    Phrase(pattern="in (?:der )?kw~{week}", read=days.of_week, period=True),
    Phrase(pattern="kw~{week}", read=days.of_week, sure=False),
    # Not the day that is named, but another, or none.
    Phrase(pattern="{nth} {long}|übernächste[nrsm]? {other_weekday}", read=days.nothing),
    Phrase(
        pattern=r"(?:der|ein|eine[mns]|kein|manche[nr]|mein|unser"
        r"|frau|herrn?|familie|dr\.?|schwarze[rn]?|verkaufsoffene[rn]?|[0-9]{1,2}\.)"
        " {long}|{other_weekday} (?:danach|darauf|ist|war|hat)"
        "|(?:bild|welt|frankfurter) am {other_weekday}",
        read=days.nothing,
    ),
    Phrase(
        pattern="(?:anfang|mitte) (?:de[rs]|diese[rs]|nächste[rsn]|kommende[rsn])"
        " (?:woche|monats|jahres)|ende (?:nächste[rn]|kommende[rn]) (?:woche|jahres)",
        read=days.nothing,
    ),
    Phrase(  # two days are no day
        pattern=r"{day}\.?(?:,~| und | oder | bis |~[-–/]~)(?:den |am )?[0-9]{1,2}\."
        r"(?:~(?:{other_month}|[0-9]{1,2}\.))?",
        read=days.nothing,
    ),
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
    Phrase(pattern=f"{{spoken}}(?:~uhr)?{_CLOCK_PARTS}", read=times.past(0), bare=True),
    Phrase(pattern="mitternacht|um die {spoken}", read=days.nothing),
    Phrase(
        pattern="{hour}:{minute} (?:format|verhältnis|sieg|niederlage)", read=days.nothing
    ),
    Phrase(
        pattern="{hour}(?::{minute})?(?:~uhr)? (?:und|oder) [0-9]{1,2}(?::[0-9]{2})?(?:~uhr)?",
        read=days.nothing,
    ),
    Phrase(  # two times are no time
        pattern="{hour}(?::{minute})?(?:~uhr)?(?:~[-–]~| bis )[0-9]{1,2}(?::[0-9]{2})?(?:~uhr)?",
        read=days.nothing,
    ),
)  # fmt: skip
_RULES = (
    Phrase(pattern="jeder (?:tag|monat|{long})|alle jahre wieder", read=days.nothing),
    Phrase(  # more than once in each
        pattern="(?:einmal|zweimal|dreimal|viermal|mehrmals|[0-9]{1,2}~x|{count} mal) (?:täglich"
        "|wöchentlich|monatlich|jährlich|(?:pro|am|im|in der|die) {unit})",
        read=days.nothing,
    ),
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
        "(?:{nth} {long}|{days_of_month}|{last_day}){more}",
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
        pattern="(?:immer )?(?:am |zum )(?:{nth} {long}|{days_of_month}|{last_day})"
        "{of_each_month}{more}",
        read=rules.monthly,
    ),
    Phrase(pattern=r"{every} {day}\.?~{month}{more}", read=rules.yearly),
    Phrase(pattern="{every} {dotted}{more}", read=rules.yearly),
    Phrase(pattern="{habits}(?: {part})?{more}", read=rules.weekly),
    Phrase(pattern="täglich{more}", read=rules.fixed("day")),
    Phrase(pattern="wöchentlich am {weekdays}{more}", read=rules.weekly),
    Phrase(
        pattern="monatlich am (?:{nth} {long}|{days_of_month}|{last_day}){more}", read=rules.monthly
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
        pattern=f"(?:mit )?erinner(?:e|n|ung)?(?: mich)?(?: um)?:?~(?P<lengths>{LENGTH}"
        f"(?:(?:,~| und ){LENGTH}){{0,4}}) (?:vorher|davor|zuvor|im voraus)",
        read=times.reminder,
    ),
    Phrase(
        pattern=f"(?P<lengths>{LENGTH}(?:(?:,~| und ){LENGTH}){{0,4}})"
        " (?:vorher|davor|zuvor) erinnern",
        read=times.reminder,
    ),
)
_PART_PHRASES = (Phrase(pattern="(?:am )?{part}", read=times.part_of_day),)

GERMAN = GrammarLanguage(
    name="de",
    capitals=False,
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
