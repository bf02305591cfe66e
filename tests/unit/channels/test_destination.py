"""A URL is read in one way, or not at all."""

import pytest

from infrastructure.channels.destination import Destination, Forbidden, destination_of


def test_a_url_says_where_to_connect_and_what_to_ask_for() -> None:
    assert destination_of("https://Hooks.Example:8443/in/é?a=1&b=%20#end") == Destination(
        scheme="https",
        host="hooks.example",
        address=None,
        port=8443,
        target="/in/%C3%A9?a=1&b=%20",
    )


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://hooks.example", "hooks.example"),
        ("https://hooks.example:443/", "hooks.example"),
        ("https://hooks.example:8443/", "hooks.example:8443"),
        ("https://hooks.example./", "hooks.example"),
        ("https://[2606:4700:4700:0::1111]/", "[2606:4700:4700::1111]"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://my_hooks.example/", "my_hooks.example"),
    ],
)
def test_a_host_is_named_as_the_wires_know_it(url: str, authority: str) -> None:
    assert destination_of(url).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "https://",
        "https:///path",
        "https://ada:hush@hooks.example/",
        "https://hooks.example@10.0.0.1/",
        "https://hooks.example\\@10.0.0.1/",
        "https://hooks.example/\r\nHost: other",
        "https://hooks\t.example/",
        "https://hooks.example:99999/",
        "https://hooks.example:25/",
        "https://hooks..example/",
        "https://-hooks.example/",
        "https://%31%30.0.0.1/",
        "https://[::1",
        "https://[v1.x]/",
        "https://hooks.example/" + "a" * 2048,
    ],
)
def test_what_hides_where_it_leads_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        destination_of(url)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "127.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.0.0.1.2", "1e100.0x7f"],
)
def test_an_address_in_other_numbers_than_four_decimal_ones_is_refused(host: str) -> None:
    with pytest.raises(Forbidden, match="four decimal numbers"):
        destination_of(f"https://{host}/")


def test_letters_that_look_like_digits_are_digits() -> None:
    assert destination_of("https://１２７.０.０.１/").host == "127.0.0.1"
