"""Which addresses are the same one, and which nobody may register."""

import pytest

from domain.errors import Invalid
from domain.values.email_address import acceptable_address, normal_address
from domain.values.streams import StreamNames
from infrastructure.channels.email_message import mailbox

NAMES = StreamNames(secret=b"of this installation")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "ADA@Example.ORG"),
        ("ada@example.org", "  ada@example.org\t"),
        ("jos\u00e9@example.org", "jose\u0301@example.org"),
        ("JOSE\u0301@example.org", "jos\u00e9@example.org"),
    ],
)
def test_spellings_of_one_address_are_one_address(one: str, other: str) -> None:
    assert normal_address(one) == normal_address(other)
    assert NAMES.address_stream(one) == NAMES.address_stream(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@example.org", "strasse@example.org"),
        ("jose@example.org", "josé@example.org"),
        ("ada@example.org", "ada@example.com"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert NAMES.address_stream(one) != NAMES.address_stream(other)


def test_the_normal_form_is_normal() -> None:
    for code in range(0x20, 0x3000):
        once = normal_address(f"a{chr(code)}b@example.org")
        assert normal_address(once) == once, hex(code)


@pytest.mark.parametrize(
    "local",
    [
        "ada",
        "ada.o'brien+x",
        "josé",
        "straße",
        "øyvind",
        "ırmak",
        "иван",
        "田中",
        "たなか太郎",
        "김철수",
    ],
)
def test_addresses_of_people_are_accepted(local: str) -> None:
    assert acceptable_address("email", f"{local}@example.org") == f"{local}@example.org"


@pytest.mark.parametrize(
    "local",
    [
        "a\u200bda",  # zero-width space
        "a\u200dda",  # zero-width joiner
        "ada\ufeff",  # byte order mark
        "a\u00adda",  # soft hyphen
        "a\u202eda",  # writes from right to left
        "אדה",  # is written from right to left
        "\u0430da",  # Cyrillic a
        "ad\u03b1",  # Greek alpha
        "\u0441\u043e\u0440\u0430",  # Cyrillic letters that all look Latin
        "\uff41da",  # fullwidth a
        "\U0001d41ada",  # mathematical a
        "\ufb01n",  # ligature
        "\u0251da",  # phonetic a
        "ada\u0336",  # struck through
        "ada\u2024b",  # a dot that is none
        "ada\u00b2",  # a digit that is none
        "ada\u0661",  # Arabic digit
        "ada\U0001f600",  # picture
        "ada\ue000",  # for private use
    ],
    ids=ascii,
)
def test_an_address_that_could_be_mistaken_is_refused(local: str) -> None:
    with pytest.raises(Invalid) as refusal:
        acceptable_address("email", f"{local}@example.org")
    assert refusal.value.field == "email"


@pytest.mark.parametrize(
    "address", [".a@x.de", "a.@x.de", "a..b@x.de", "a@-x.de", "a@x-.de", "a@x.de-", "a@x.-de"]
)
def test_an_address_that_no_mail_can_be_sent_to_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="dots and hyphens"):
        acceptable_address("email", address)


@pytest.mark.parametrize("address", ["-a@x.de", "a-@x.de", "a.-b@x.de", "a-.b@x.de", "a@x--y.de"])
def test_an_address_may_have_a_hyphen_where_mail_servers_accept_it(address: str) -> None:
    assert acceptable_address("email", address) == address
    assert mailbox(address).addr_spec == address
