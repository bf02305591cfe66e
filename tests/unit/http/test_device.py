"""A device has a short name that its owner knows it by."""

import pytest

from interfaces.http.accounts.device import device_name

GECKO = "Mozilla/5.0 ({}; rv:128.0) Gecko/20100101 Firefox/128.0"
WEBKIT = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
CHROME = "Chrome/126.0.0.0 Safari/537.36"
SAFARI = "Version/17.5 Safari/605.1.15"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (GECKO.format("X11; Linux x86_64"), "Firefox on Linux"),
        (WEBKIT.format("Windows NT 10.0; Win64; x64", f"{CHROME} Edg/126.0"), "Edge on Windows"),
        (WEBKIT.format("iPhone; CPU iPhone OS 17_5 like Mac OS X", SAFARI), "Safari on iPhone"),
        (WEBKIT.format("Linux; Android 14; Pixel 8", CHROME), "Chrome on Android"),
        (WEBKIT.format("Macintosh; Intel Mac OS X 10_15_7", SAFARI), "Safari on Mac"),
        ("curl/8.5.0", "curl"),
        ("python-httpx/0.27.0", "python-httpx"),
        ("My App 2.1 (Linux)", "My App 2.1"),
        (None, "unknown device"),
        ("", "unknown device"),
        ("Mozilla/5.0", "unknown device"),
        ("<script>alert(1)</script>", "unknown device"),
        ("a" * 9_000, "a" * 40),
    ],
)
def test_a_user_agent_becomes_a_name(user_agent: str | None, name: str) -> None:
    assert device_name(user_agent) == name
