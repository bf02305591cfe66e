"""A notification as a mail: text and HTML, and headers that nobody can smuggle a line into."""

import re
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.destination import ascii_name
from infrastructure.channels.texts import templates, words

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")  # printable ASCII, without < and >


class _Verbatim:
    """A header taken as it is given and never folded.

    The library would make encoded words of a long URL, which nobody decodes.
    """

    name: str
    max_count = 1

    @classmethod
    def parse(cls, value: str, parsed: dict[str, Any]) -> None:
        parsed.update(parse_tree=None, decoded=value)

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Subject(_Verbatim):
    """Says what it is given, even when that looks like an encoded word.

    The library would decode such a one, line breaks included, and older releases of it then write
    these as they are: a header smuggled in by way of a title.
    """

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        text = str(self)
        charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
        folded = Header(text, charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Verbatim)  # type: ignore[arg-type] # mixed with BaseHeader
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]
_POLICY = EmailPolicy(linesep="\r\n", header_factory=_HEADERS)


class BadAddress(DeliveryFailed):
    """Not an address that mail can be sent to."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


def mailbox(address: str) -> Address:
    """Read an email address; the domain may be an international one.

    Raises BadAddress.
    """
    local, _, domain = address.rpartition("@")
    if local.isprintable() and not local.isascii():
        raise BadAddress("The part before the @ has letters that few mail servers know.")
    name = ascii_name(domain)
    if len(local) > 64 or not _DOT_ATOM.fullmatch(local) or name is None:
        raise BadAddress("This is not an email address.")
    return Address(username=local, domain=name)


def sender_of(text: str) -> Address:
    """Read `Annals <annals@example.org>` or the bare address. Raises ValueError."""
    name, address = parseaddr(text)
    try:
        plain = mailbox(address)
    except BadAddress as error:
        raise ValueError("must be an email address, or a name and <an address>") from error
    return Address(display_name=name, username=plain.username, domain=plain.domain)


def email_message(delivery: Delivery, *, sender: Address, to: Address) -> EmailMessage:
    """Write it. The same delivery always bears the same Message-ID and Date.

    Raises DeliveryFailed, for good: its words or its link cannot stand in a mail.
    """
    said = words(delivery)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = said.subject
    mail["Date"] = format_datetime(delivery.occurred_at)
    mail["Message-ID"] = f"<{delivery.notification_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office notes, please
    if delivery.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{_link(delivery.unsubscribe_url)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    url = delivery.facts.get("url")
    facts = {
        "said": said,
        "url": _link(url) if url else None,
        "unsubscribe_url": delivery.unsubscribe_url,
    }
    # Quoted-printable, so that servers without 8BITMIME take it and lines stay short.
    text = templates.get_template("letter.txt").render(facts)
    html = templates.get_template("letter.html").render(facts)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def _link(url: str) -> str:
    if not _LINK.fullmatch(url):
        raise DeliveryFailed("A link is no plain web address.", permanent=True)
    return url
