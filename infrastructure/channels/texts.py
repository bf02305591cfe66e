"""Renders the text of a notification in the language of its receiver."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, select_autoescape

from application.channels import Delivery, DeliveryFailed
from domain.record import Record

FALLBACK_LANGUAGE = "en"
FALLBACK_KIND = "notice"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_UNICODE_BREAKS = re.compile("[\x85\u2028\u2029]")  # line breaks, but not for mail servers

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    auto_reload=False,  # they never change, and the check costs more than rendering
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATE_NAMES = frozenset(templates.list_templates())


class RenderedText(Record):
    """The text of a notification, for a channel to lay out."""

    language: str
    subject: str  # one line
    paragraphs: tuple[str, ...]
    action: str  # label of the link to facts["url"]
    unsubscribe: str  # label of the link to unsubscribe
    footer: str


def render(delivery: Delivery) -> RenderedText:
    """Render the text. Unknown languages read as English, unknown kinds as a notice.

    Raises:
        DeliveryFailed: a fact that the template needs is missing, or the subject has a line break.
    """
    language = next(filter(_has_templates, _languages(delivery.language)), FALLBACK_LANGUAGE)
    name = f"{language}/{delivery.kind}.txt"
    template = templates.get_template(
        name if name in _TEMPLATE_NAMES else f"{language}/{FALLBACK_KIND}.txt"
    )
    frame = templates.get_template(f"frames/{language}.txt").module
    try:
        module = template.make_module(dict(delivery.facts))
        text = str(module)
    except UndefinedError as error:
        raise DeliveryFailed(
            f"The text of {delivery.kind} lacks a fact: {error}.", permanent=True
        ) from error
    variables = {**frame.__dict__, **module.__dict__}
    subject = _UNICODE_BREAKS.sub(" ", str(variables["subject"]))
    if _CONTROLS.search(subject):  # a line break would begin another header
        raise DeliveryFailed("The subject is not one line of plain text.", permanent=True)
    return RenderedText(
        language=language,
        subject=subject,
        paragraphs=tuple(part.strip() for part in text.split("\n\n") if part.strip()),
        action=str(variables["action"]),
        unsubscribe=str(variables["unsubscribe"]),
        footer=str(variables.get("footer", frame)).strip(),
    )


def _languages(tag: str) -> tuple[str, str]:
    """Return the language tag and its primary language."""
    return tag.lower(), tag.lower().partition("-")[0]


def _has_templates(language: str) -> bool:
    return f"{language}/{FALLBACK_KIND}.txt" in _TEMPLATE_NAMES
