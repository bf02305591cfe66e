"""What a notification says, in the language of whoever gets it."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, select_autoescape

from application.channels import Delivery, DeliveryFailed
from domain.record import Record

FALLBACK = "en"
ANY_KIND = "notice"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_EXOTIC_BREAKS = re.compile("[\x85\u2028\u2029]")  # breaks to some eyes, and to no mail server

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    auto_reload=False,  # nobody edits them while we run, and asking costs more than the rest
    trim_blocks=True,
    lstrip_blocks=True,
)
_KNOWN = frozenset(templates.list_templates())


class Words(Record):
    language: str
    subject: str  # one line
    paragraphs: tuple[str, ...]
    action: str  # the label of the link to facts["url"]
    unsubscribe: str  # the label of the link that ends these notifications
    footer: str


def words(delivery: Delivery) -> Words:
    """Say it. Unknown languages read as English, unknown kinds as a notice.

    Raises:
        DeliveryFailed: a fact that the sentence needs is missing, or its subject is not one line.
    """
    language = next(filter(_spoken, _languages(delivery.language)), FALLBACK)
    name = f"{language}/{delivery.kind}.txt"
    template = templates.get_template(name if name in _KNOWN else f"{language}/{ANY_KIND}.txt")
    frame = templates.get_template(f"frames/{language}.txt").module
    try:
        module = template.make_module(delivery.facts)
        text = str(module)
    except UndefinedError as error:
        raise DeliveryFailed(
            f"The text of {delivery.kind} lacks a fact: {error}.", permanent=True
        ) from error
    said = {**frame.__dict__, **module.__dict__}
    subject = _EXOTIC_BREAKS.sub(" ", str(said["subject"]))
    if _CONTROLS.search(subject):  # a line break would begin a header of its own
        raise DeliveryFailed("The subject is not one line of plain text.", permanent=True)
    return Words(
        language=language,
        subject=subject,
        paragraphs=tuple(part.strip() for part in text.split("\n\n") if part.strip()),
        action=str(said["action"]),
        unsubscribe=str(said["unsubscribe"]),
        footer=str(frame).strip(),
    )


def _languages(asked: str) -> tuple[str, str]:
    return asked.lower(), asked.lower().partition("-")[0]


def _spoken(language: str) -> bool:
    return f"{language}/{ANY_KIND}.txt" in _KNOWN
