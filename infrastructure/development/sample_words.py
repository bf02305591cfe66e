"""What the tasks of the sample are about."""

from typing import NamedTuple

from domain.vocabulary import Priority


class Subject(NamedTuple):
    """Titles that begin with the same words, with the tags they share."""

    pattern: str
    objects: tuple[str, ...]
    tags: tuple[str, ...]
    priority: Priority = Priority.MEDIUM


class Habit(NamedTuple):
    """A recurring task: done `hours` after it is due (before, if negative)."""

    title: str
    rule: str
    hour: int
    hours: float
    tags: tuple[str, ...]
    reminders: tuple[str, ...] = ()


SUBJECTS = (
    Subject(
        "Buy {}",
        (
            "bread and milk",
            "stamps",
            "a present for Nora",
            "light bulbs",
            "coffee",
            "printer paper",
        ),
        ("errands",),
    ),
    Subject(
        "Call {}",
        ("the dentist", "Grandma", "the landlord", "the bank about the card", "Tom back"),
        ("phone",),
    ),
    Subject(
        "Book {}",
        ("the train to Lyon", "a table for Friday", "the car inspection", "the summer house"),
        ("travel",),
    ),
    Subject(
        "Repair {}",
        ("the bicycle", "the kitchen tap", "the garden gate", "the lamp in the hall"),
        ("home",),
        Priority.LOW,
    ),
    Subject(
        "Write {}",
        (
            "the quarterly report",
            "the minutes of the board",
            "the offer for Meyer & Sons",
            "the job advertisement",
            "a reply to the auditors",
        ),
        ("work", "writing"),
        Priority.HIGH,
    ),
    Subject(
        "Review {}",
        ("the budget", "the contract", "Ada's pull request", "the new price list"),
        ("work",),
        Priority.HIGH,
    ),
    Subject(
        "Prepare {}",
        ("the workshop", "the slides for Monday", "the interview", "the demo"),
        ("work",),
    ),
    Subject(
        "Read {}",
        ("the chapter on indexes", "the travel guide", "“The Left Hand of Darkness”"),
        ("reading",),
        Priority.LOW,
    ),
    Subject(
        "Return {}",
        ("the library books", "the parcel", "the drill to the neighbours"),
        ("errands",),
    ),
    Subject(
        "Renew {}",
        ("the passport", "the insurance", "the domain name", "the bus pass"),
        ("paperwork",),
    ),
)
DETAILS = (
    "Ask for a receipt.",
    "The number is on the fridge.",
    "Half an hour should be enough.",
    "Take the blue folder along.",
    "See the notes of last week.",
)
MORE_TAGS = ("urgent", "waiting", "together", "quick", "weekend")
HABITS = (
    Habit("Water the plants", "FREQ=WEEKLY;BYDAY=WE,SU", 9, 3.5, ("home", "garden")),
    Habit("Take out the bins", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", 7, -11.0, ("home",), ("PT10H",)),
    Habit("Pay the rent", "FREQ=MONTHLY;BYMONTHDAY=1", 12, -30.0, ("paperwork",), ("P1D",)),
    Habit("Weekly review", "FREQ=WEEKLY;BYDAY=FR", 16, 1.2, ("work",)),
    Habit("Back up the laptop", "FREQ=MONTHLY;BYDAY=1SA", 10, 26.0, ("computer",)),
)
