"""Builds the e-mail of a notification, safe from header injection."""

import re
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.destination import ascii_name
from infrastructure.channels.texts import render, templates

# Of an encoded word (RFC 2047, section 2); Python's own default makes words of 76.
MAX_ENCODED_WORD = 75
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")  # printable ASCII, without < and >


class _Verbatim:
    """A header that is written as it is and never folded.

    The library would turn a long URL into encoded words, which mail programs do not decode.
    """

    name: str
    max_count = 1

    @classmethod
    def parse(cls, value: str, parsed: dict[str, Any]) -> None:
        parsed.update(parse_tree=None, decoded=value)

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Subject(_Verbatim):
    """A subject that is written as given, even if it looks like an encoded word.

    The library would decode it, line breaks included, and older releases then write the line
    breaks as they are: a title could inject a header.
    """

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        text = str(self)
        charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
        header = Header(text, charset, maxlinelen=MAX_ENCODED_WORD, header_name=self.name)
        folded = header.encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Verbatim)  # type: ignore[arg-type] # mixed with BaseHeader
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]
_POLICY = EmailPolicy(linesep="\r\n", header_factory=_HEADERS)


class BadAddress(DeliveryFailed):
    """No mail can be sent to this address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


def mailbox(address: str) -> Address:
    """Parse an email address; its domain may be internationalized.

    Raises:
        BadAddress: it is not an address that mail servers accept.
    """
    local, _, domain = address.rpartition("@")
    if local.isprintable() and not local.isascii():
        raise BadAddress("The part before the @ has letters that few mail servers know.")
    name = ascii_name(domain)
    if len(local) > 64 or not _DOT_ATOM.fullmatch(local) or name is None:
        raise BadAddress("This is not an email address.")
    return Address(username=local, domain=name)


def sender_of(text: str) -> Address:
    """Parse `Annals <annals@example.org>`, or the address alone.

    Raises:
        ValueError: it is neither.
    """
    name, address = parseaddr(text)
    try:
        plain = mailbox(address)
    except BadAddress as error:
        raise ValueError("must be an email address, or a name and <an address>") from error
    return Address(display_name=name, username=plain.username, domain=plain.domain)


def email_message(delivery: Delivery, *, sender: Address, to: Address) -> EmailMessage:
    """Return the mail. Its Message-ID and Date are the same for every attempt.

    Raises:
        DeliveryFailed: the text or the link is not valid in a mail; permanent.
    """
    text = render(delivery)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(delivery.occurred_at)
    mail["Message-ID"] = f"<{delivery.notification_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that no out-of-office reply is sent
    if delivery.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{_link(delivery.unsubscribe_url)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    url = delivery.facts.get("url")
    context = {
        "text": text,
        "url": _link(url) if url else None,
        "unsubscribe_url": delivery.unsubscribe_url,
    }
    # Quoted-printable keeps lines short, and servers without 8BITMIME accept it.
    plain = templates.get_template("email.txt").render(context)
    html = templates.get_template("email.html").render(context)
    mail.set_content(plain, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def _link(url: str) -> str:
    if not _LINK.fullmatch(url):
        raise DeliveryFailed("A link is no plain web address.", permanent=True)
    return url
