"""The short name of a device, by which a person recognises a session."""

import re

MAX_PROGRAM_LENGTH = 40  # characters of the name of a program that is no browser

# The first that is found counts: most browsers claim to be several others as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]*")


def device_name(user_agent: str | None) -> str:
    """Return the browser and the system, such as "Firefox on Linux", or the name of a program.

    Without a User-Agent, or with one that names nothing: "unknown device".
    """
    text = (user_agent or "")[:512]
    browser = _first(BROWSERS, text) if text.startswith("Mozilla/") else None
    system = _first(SYSTEMS, text)
    if browser is not None:
        return f"{browser} on {system}" if system else browser
    program = PROGRAM.match(text)
    if program is None or text.startswith("Mozilla/"):
        return system or "unknown device"
    return program.group()[:MAX_PROGRAM_LENGTH].strip()


def _first(names: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for sign, name in names if sign in text), None)
