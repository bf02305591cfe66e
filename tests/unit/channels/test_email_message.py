"""A letter carries the notification's words and nothing smuggled in."""

import re
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from msgspec.structs import replace

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.email_message import BadAddress, email_message, mailbox, sender_of
from tests.unit.channels.deliveries import REMINDER, reminder

SENDER = sender_of("Annals <annals@annals.example>")


def test_a_letter_says_the_same_in_text_and_in_html() -> None:
    mail = written(reminder())
    for kind in ("plain", "html"):
        said = part(mail, kind)
        assert "“Water the plants” is due Sunday, 8 March 2026, 09:00." in said
        assert "https://annals.example/tasks/1" in said
        assert "https://annals.example/unsubscribe?token=abc" in said


def test_the_headers_are_those_of_an_automatic_letter() -> None:
    mail = written(reminder())
    assert mail["From"] == "Annals <annals@annals.example>"
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"] == "Reminder: Water the plants"
    assert mail["Date"] == "Sat, 07 Mar 2026 14:00:00 +0000"
    assert mail["Message-ID"] == f"<{REMINDER.notification_id}@annals.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{REMINDER.unsubscribe_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_letter_nobody_can_unsubscribe_from_has_no_such_header() -> None:
    mail = written(reminder(kind="verify_email", unsubscribe_url=None))
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


def test_a_long_link_stays_in_one_piece() -> None:
    url = "https://annals.example/unsubscribe?token=" + "a1B-_" * 100
    source = email_message(reminder(unsubscribe_url=url), sender=SENDER, to=ADA).as_bytes()
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in source


def test_lines_are_short_enough_for_every_mail_server() -> None:
    source = email_message(reminder(title="ß" * 500), sender=SENDER, to=ADA).as_bytes()
    assert max(map(len, source.split(b"\r\n"))) <= 998
    assert source.isascii()


@pytest.mark.parametrize(
    "title", ["ß" * 500, "水をやる" * 60, "👩‍👩‍👧" * 30, "Blumen gießen " * 30, "x" * 90 + "=?"]
)
def test_no_encoded_word_of_a_subject_is_longer_than_75_characters(title: str) -> None:
    source = email_message(reminder(title=title), sender=SENDER, to=ADA).as_bytes()
    words = re.findall(
        rb"=\?utf-8\?\S+", source.partition(b"Subject: ")[2].partition(b"\r\nDate")[0]
    )
    assert len(words) > 1
    assert max(map(len, words)) <= 75


@pytest.mark.parametrize(
    "title",
    [
        "Blumen gießen " * 30 + "!",
        "水をやる",
        "👩‍👩‍👧 anrufen",
        "x" * 500,
        "=?utf-8?q?Bcc=3A?=",
        "a  b",
    ],
)
def test_a_title_arrives_as_it_was_written(title: str) -> None:
    assert written(reminder(title=title))["Subject"] == f"Reminder: {title}"


@pytest.mark.parametrize(
    "title", ["Hello\r\nBcc: eve@example.org", "Hello\nBcc: eve@example.org", "Hello\rBcc: eve"]
)
def test_a_title_smuggles_in_no_header(title: str) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        email_message(reminder(title=title), sender=SENDER, to=ADA)
    assert refusal.value.permanent


@pytest.mark.parametrize("link", ["unsubscribe_url", "url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://annals.example/\r\nBcc: eve@example.org",
        "https://annals.example/>, <mailto:eve@example.org",
        "javascript:alert(1)",
        "https://annals.example/ä",
    ],
)
def test_a_link_smuggles_in_nothing(link: str, url: str) -> None:
    delivery = (
        reminder(unsubscribe_url=url)
        if link == "unsubscribe_url"
        else replace(REMINDER, facts=REMINDER.facts | {"url": url})
    )
    with pytest.raises(DeliveryFailed) as refusal:
        email_message(delivery, sender=SENDER, to=ADA)
    assert refusal.value.permanent


@pytest.mark.parametrize(
    "title", ["=?utf-8?q?a=0D=0ABcc=3A_eve=40example.org?=", "=?utf-8?b?DQpCY2M6?="]
)
def test_a_title_that_looks_encoded_is_no_way_round(title: str) -> None:
    mail = written(reminder(title=title))
    assert mail["Bcc"] is None
    assert mail["Subject"] == f"Reminder: {title}"


def test_a_title_is_text_in_html_too() -> None:
    html = part(written(reminder(title='<img src="x" onerror="alert(1)">')), "html")
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\n",
        "ada\r\n@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "<ada@example.org>",
        "ada eve@example.org",
        "ada@eve@example.org",
        '"ada"@example.org',
        "ada@[127.0.0.1]",
        "ada..b@example.org",
        "ada@exa mple.org",
        "ada@example..org",
        "a" * 65 + "@example.org",
        "-f/etc/passwd@",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        mailbox(address)
    assert refusal.value.permanent


def test_an_international_domain_is_written_as_the_wires_know_it() -> None:
    assert mailbox("ada@bücher.example").addr_spec == "ada@xn--bcher-kva.example"


def test_a_local_part_few_servers_know_is_refused_with_a_reason() -> None:
    with pytest.raises(BadAddress, match="before the @"):
        mailbox("jürgen@example.org")


@pytest.mark.parametrize("text", ["Annals", "Annals <>", "", "a@b@c"])
def test_a_sender_is_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="must be an email address"):
        sender_of(text)


ADA = Address(username="ada", domain="example.org")


def written(delivery: Delivery) -> EmailMessage:
    """The letter as its reader's mail program reads it."""
    source = email_message(delivery, sender=SENDER, to=mailbox(delivery.address)).as_bytes()
    return message_from_bytes(source, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())
