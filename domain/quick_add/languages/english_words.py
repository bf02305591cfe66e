"""The words of English."""

from datetime import time

from domain.quick_add.phrases import DayPart, Doubts, Estimates, Lead, words

WEEKDAYS = {
    "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "thursday": 3,
    "thu": 3, "thur": 3, "thurs": 3, "friday": 4, "fri": 4, "saturday": 5, "sunday": 6,
    "wed": 2, "sat": 5, "sun": 6,
}  # fmt: skip
MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4,
    "may": 5, "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9,
    "sept": 9, "sep": 9, "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12,
    "dec": 12,
}  # fmt: skip
COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
HOURS = [word for word in COUNTS if word not in ("a", "an")]
UNITS = {
    word + plural: word
    for word in ("minute", "hour", "day", "week", "month", "year", "quarter", "fortnight")
    for plural in ("", "s")
} | {"min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour"}
NTH = {
    "first": "first", "1st": "first", "second": "second", "2nd": "second", "third": "third",
    "3rd": "third", "fourth": "fourth", "4th": "fourth", "fifth": "fifth", "5th": "fifth",
    "last": "last",
}  # fmt: skip
PARTS = {
    "morning": DayPart(at=time(9), first=3, last=11),
    "afternoon": DayPart(at=time(15), first=12, last=18),
    "evening": DayPart(at=time(19), first=16, last=23),
    "night": DayPart(at=time(21), first=18, last=23),
    "tonight": DayPart(at=time(20), first=17, last=23),
}
LEADS = {
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
TIME_LEADS = {
    **dict.fromkeys(("at", "@"), Lead.PLAIN),
    **dict.fromkeys(("by", "due", "due at", "due by", "no later than", "until"), Lead.DEADLINE),
    **dict.fromkeys(("before", "after", "to", "since", "from", "between", "past", "in", "than"),
                    Lead.UNSURE),
}  # fmt: skip
CLEAR = "|".join(name for name in WEEKDAYS if name not in ("wed", "sat", "sun"))
DOUBTFUL_MONTHS = ("march", "mar", "april", "may", "june", "august", "jan")
CLEAR_MONTHS = "|".join(sorted((m for m in MONTHS if m not in DOUBTFUL_MONTHS), reverse=True))
PLURALS = "|".join(f"{name}s" for name in WEEKDAYS if name.endswith("day"))
LENGTH = (
    f"(?:[0-9]{{1,3}}|{'|'.join(COUNTS)})~(?:{'|'.join(sorted((*UNITS, *'mhdw'), reverse=True))})"
)
WORDS = {
    "articles": "the",
    "and": "(?:and|or on|and on|and every)",
    "clear": rf"(?P<weekday>{CLEAR})\.?",
    "doubtful": r"(?P<weekday>wed|sat|sun)\.?",
    "clear_month": rf"(?P<month>{CLEAR_MONTHS})\.?",
    "th": "(?:st|nd|rd|th)",
    "every": "(?:every|each)",
    "steps": "(?P<steps>other|second|2nd|third|3rd|fourth|4th|[0-9]{1,3}(?:st|nd|rd|th)?|two|three"
    "|four|five|six|eight|ten|twelve)",
    "days_of_month": "(?P<month_days>[0-9]{1,2}(?:st|nd|rd|th)"
    "(?:(?:,~| and | and the )[0-9]{1,2}(?:st|nd|rd|th)){0,6})",
    "last_day": "(?P<last_day>last day)",
    "of_month": "(?: (?:of|in) (?:the|each|every|a) month)",
    "clock": "{hour}(?::{minute})?",
    "spoken": f"(?P<spoken>[0-9]{{1,2}}|{'|'.join(HOURS)})",
    "other_month": rf"(?:{'|'.join(sorted(MONTHS, reverse=True))})\.?",
    "other_weekday": rf"(?:{'|'.join(sorted(WEEKDAYS, reverse=True))})\.?",
    "any_day": rf"(?:(?:{'|'.join(sorted(WEEKDAYS, reverse=True))})|[0-9]{{1,2}}(?:st|nd|rd|th))",
    "plural_weekdays": f"(?P<weekdays>(?:{PLURALS})(?:(?:,~| and )(?:{PLURALS})){{0,6}})",
    # How long a rule goes on, and what would take days away from it.
    "more": "(?: for (?P<for_count>[0-9]{1,3}|a|one|two|three|four|five|six)"
    " (?P<for_unit>days?|weeks?|months?|years?))?(?P<limit>,? (?:except|but|unless|or|excluding|on"
    f"|in (?:{'|'.join(MONTHS)})))?",
}
NAMES = words(
    "room flight gate platform chapter page verse psalm version bus line route track no number"
    " ratio score step part section level unit lot apt apartment suite floor area season"
    " episode exit channel box item issue ticket order case build release v id code model size"
    " grade class phase sprint lesson exercise question problem genesis"
    " bible train tram highway mile windows score result python ios android"
)
NAME_ENDS = words(
    "street st road rd avenue ave lane boulevard drive square bridge hospital school museum"
    " memorial attacks massacre documentary division movement uprising revolution ratio mix"
    " split scale format aspect position"
)
TAILS = words(
    "at by on for with in from to and or until till before after via due about starting"
    " every each remind reminder noon"
)
COMMON = words(
    "we you now the a an is are and of with my your at every each on next tomorrow today to i"
    " for by this before after call buy tonight month day"
)
EVENINGS = words("dinner supper drinks party movie cinema concert theatre theater pub bar disco")
DETERMINERS = words("the my our your his her this that")
ESTIMATES = Estimates(
    before="for|for about|takes|takes about|will take|should take",
    half_an_hour="(?:a )?half an hour",
    hour="h|hrs?|hours?",
    minute="m|mins?|minutes?",
    counts=frozenset(COUNTS),
    of_others=words(
        "book reserve rent hire lease borrow lend boil bake cook roast grill simmer steam soak"
        " marinate freeze chill preheat charge park parking ticket wait delay postpone snooze"
        " pause mute block timer alarm available valid free rest leave ban offer room table car"
        " ask apply pay paid oven every"
    ),
    distances=words(
        "run swim walk sprint dive jump throw row rope cable hose fence pipe fabric wire ribbon"
        " tape ladder yarn sprints laps track lane pool long wide high deep tall"
    ),
)
DOUBTS = Doubts(
    verbs_before=words(
        "accept block cancel change clear confirm cover decline delay extend forward hold keep"
        " miss move postpone push rearrange rebook reject release reschedule reserve shift"
        " shorten skip swap switch plan ask invite tell thank"
    ),
    verbs_after=words("off"),
    verbs_alone=frozenset(),
    asking=words("to please and or then maybe must should can could"),
    joining=words("and or"),
    works=words("read reread watch rewatch listen play sing learn stream"),
    settings=words("set turn adjust wind program programme"),
    devices=words(
        "alarm alarms timer clock thermostat heating heater oven dial temperature radiator watch"
    ),
    adverbs=frozenset(),
    acronyms=words("sat sun wed mar dec"),
    sizes=words(
        "kg g mg km m cm mm l ml kb mb gb tb euro euros eur dollars percent liters litres meters"
        " metres miles pounds inch inches rooms room bedroom bedrooms seconds release version beta"
        " update patch"
    ),
    compounds=frozenset(),
)
