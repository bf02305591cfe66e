"""The words of German."""

from datetime import time

from domain.quick_add.phrases import DayPart, Doubts, Estimates, Lead, words

LONG_WEEKDAYS = {
    "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5,
    "sonnabend": 5, "sonntag": 6,
}  # fmt: skip
SHORT_WEEKDAYS = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
WEEKDAYS = LONG_WEEKDAYS | SHORT_WEEKDAYS
MONTHS = {
    "januar": 1, "jänner": 1, "jan": 1, "februar": 2, "feb": 2, "märz": 3, "mär": 3, "april": 4,
    "apr": 4, "mai": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7, "august": 8, "aug": 8,
    "september": 9, "sept": 9, "sep": 9, "oktober": 10, "okt": 10, "november": 11, "nov": 11,
    "dezember": 12, "dez": 12,
}  # fmt: skip
COUNTS = {
    "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4,
    "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12,
    "eins": 1,
}  # fmt: skip
HOURS = [word for word in COUNTS if not word.startswith("ein") or word == "eins"]
UNITS = {
    "minute": "minute", "minuten": "minute", "min": "minute", "stunde": "hour", "stunden": "hour",
    "std": "hour", "tag": "day", "tage": "day", "tagen": "day", "woche": "week", "wochen": "week",
    "monat": "month", "monate": "month", "monaten": "month", "jahr": "year", "jahre": "year",
    "jahren": "year", "quartal": "quarter", "quartale": "quarter",
}  # fmt: skip
NTH = {
    f"{stem}{ending}": nth
    for stem, nth in {
        "erste": "first", "zweite": "second", "dritte": "third", "vierte": "fourth",
        "fünfte": "fifth", "letzte": "last",
    }.items()
    for ending in ("", "n", "r", "s", "m")
}  # fmt: skip
MORNING = DayPart(at=time(9), first=3, last=11)
NOON = DayPart(at=time(12), first=11, last=14)
AFTERNOON = DayPart(at=time(15), first=12, last=18)
EVENING = DayPart(at=time(19), first=16, last=23)
NIGHT = DayPart(at=time(21), first=18, last=23)
PARTS = {
    **dict.fromkeys(("früh", "morgen", "morgens", "vormittag", "vormittags"), MORNING),
    **dict.fromkeys(("mittag", "mittags"), NOON),
    **dict.fromkeys(("nachmittag", "nachmittags"), AFTERNOON),
    **dict.fromkeys(("abend", "abends"), EVENING),
    **dict.fromkeys(("nacht", "nachts"), NIGHT),
}
LEADS = {
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
TIME_LEADS = {
    **dict.fromkeys(("um", "gegen", "@"), Lead.PLAIN),
    **dict.fromkeys(
        ("bis", "bis um", "spätestens um", "spätestens", "bis spätestens"), Lead.DEADLINE
    ),
    **dict.fromkeys(("vor", "nach", "seit", "ab", "von", "zwischen", "in", "als"), Lead.UNSURE),
}  # fmt: skip
LONG = "|".join(LONG_WEEKDAYS)
SHORT = "|".join(SHORT_WEEKDAYS)
HABITS = "|".join(f"{name}s" for name in LONG_WEEKDAYS)
DAY_PARTS = "früh|morgen|vormittag|mittag|nachmittag|abend|nacht"
LENGTH = (
    f"(?:[0-9]{{1,3}}|{'|'.join(COUNTS)})~(?:{'|'.join(sorted((*UNITS, *'mhd'), reverse=True))})"
)
WORDS = {
    "articles": "den|dem|der|die",
    "and": "(?:und|und am|und jeden)",
    "long": rf"(?P<weekday>{LONG})",
    "short": rf"(?P<weekday>{SHORT})\.?",
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
    "day_part": f"(?P<part>{DAY_PARTS})",
    "clock": "{hour}(?:[:.]{minute})?",
    "spoken": f"(?P<spoken>[0-9]{{1,2}}|{'|'.join(HOURS)})",
    "other_month": rf"(?:{'|'.join(sorted(MONTHS, reverse=True))})\.?",
    "other_weekday": f"(?:{LONG})",
    "any_day": rf"(?:(?:{LONG})|[0-9]{{1,2}}\.)",
    "habits": f"(?P<weekdays>(?:{HABITS})(?:(?:,~| und )(?:{HABITS})){{0,6}})",
    "more": "(?: (?:für )?(?P<for_count>[0-9]{1,3}|eine|einen|ein|zwei|drei|vier|fünf|sechs)"
    " (?P<for_unit>tage?|wochen?|monate?|jahre?)(?: lang)?)?"
    f"(?P<limit>,? (?:außer|nur|oder|aber|am|zum|im (?:{'|'.join(MONTHS)})))?",
}
NAMES = words(
    "zimmer raum flug gleis kapitel seite vers psalm version bus linie nr nummer teil abschnitt"
    " stufe haus wohnung stock etage staffel folge ausfahrt kanal punkt ticket auftrag fall v"
    " code modell größe klasse phase sprint lektion aufgabe frage zug tram autobahn windows"
    " python ios android verhältnis endstand spielstand halbzeit ergebnis § artikel absatz tor"
    " platz note kap abs art ziffer anlage tabelle abbildung abb formel regel übung siedlung"
    " release paragraf paragraph s bd blatt los reihe mt mk lk joh röm kor gal eph"
    " hebr offb ps spr jes jer mose"
)
NAME_ENDS = words(
    "straße strasse str platz allee weg ufer brücke kiez viertel siedlung schule denkmal mahnmal"
    " gedenkstätte museum doku dokumentation anschläge demo kundgebung bewegung verhältnis mischung"
    " maßstab format"
)
TAILS = words(
    "um am bis für mit in von ab und oder vor nach per fällig wegen bei jeden jede erinnere"
    " erinnern erinnerung früh morgens abends"
)
COMMON = words(
    "der die das den dem ein eine einen und mit für um ist im zum zur von bis jeden jede"
    " jedes alle morgen heute übermorgen uhr nächste nächsten auf bei nach vor"
)
EVENINGS = words("abendessen kino party konzert theater kneipe bar disco feierabend")
DETERMINERS = words("der die das dem den mein meine unser unsere beim im")
ESTIMATES = Estimates(
    before="für|für etwa|für ca\\.?|dauert|dauert etwa|dauert ca\\.?",
    half_an_hour="(?:eine )?halbe stunde",
    hour="h|std\\.?|stunden?",
    minute="m|min\\.?|minuten?",
    counts=frozenset(COUNTS),
    of_others=words(
        "buchen reservieren mieten leihen ausleihen verleihen kochen backen braten grillen"
        " köcheln dämpfen einweichen marinieren einfrieren kühlen vorheizen laden aufladen parken"
        " parkschein warten verschieben pausieren sperren timer wecker gültig frei ruhen raum"
        " tisch auto bitten beantragen bezahlen ofen ziehen jede jeden"
    ),
    distances=words(
        "laufen rennen schwimmen gehen tauchen springen werfen rudern seil kabel schlauch zaun"
        " rohr stoff draht band leiter garn sprint bahnen lang breit hoch tief"
    ),
)
DOUBTS = Doubts(
    verbs_before=words(
        "verschiebe verlege tausche bestätige blockiere plane frage lade verschieben verlegen"
    ),
    verbs_after=words(
        "absagen verschieben verlegen vorverlegen umlegen umbuchen tauschen stornieren canceln"
        " bestätigen zusagen blocken blockieren freihalten freinehmen freimachen frei vorziehen"
    ),
    verbs_alone=words("planen vorbereiten organisieren besprechen gestalten"),
    asking=words("bitte und oder dann"),
    joining=words("und oder"),
    works=frozenset(),
    settings=words("stellen stelle einstellen"),
    devices=words("wecker uhr timer heizung thermostat ofen backofen temperatur"),
    adverbs=words("heute morgen übermorgen täglich"),
    acronyms=frozenset(),
    sizes=words(
        "kg g mg km m cm mm l ml kb mb gb tb euro eur cent prozent liter meter kilometer kilo"
        " gramm grad zimmer wohnung sekunden minuten stunden punkte punkten stück stock etage"
        " sieg niederlage liga bundesliga version auflage ps watt volt zoll"
    ),
    compounds=words(
        "land stern sterne rot röte muffel mantel magazin gymnastik routine ritual kreis grauen"
        " sonne tau luft post zeitung spaziergang krimi blues brot kleid stück jahr schule tisch"
        " schicht creme braten demo"
    ),
)
