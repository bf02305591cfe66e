"""A log line says what happened, and not to whom."""

import subprocess
import sys

import pytest

from infrastructure.telemetry.redaction import redact


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("mail to ada@example.org refused", "mail to [address] refused"),
        ("to <Ada.L+x@mail.example.co.uk>", "to <[address]>"),
        ("postgresql://annals:hunter2@db:5432/annals", "postgresql://[hidden]@db:5432/annals"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln!", "got [token]!"),
        ("anr_Zm9vYmFy was used", "[token] was used"),
        (f"'annals_pat_{'0aZ' * 15}1' was used", "'[token]' was used"),
        ("/tasks?token=annals_pat_0aZ&x=1", "/tasks?token=[token]&x=1"),
        (
            'null value in column "title"\nDETAIL:  Failing row contains (1, Water the plants).',
            'null value in column "title"\nDETAIL: [hidden]',
        ),
        ("task 018f4e2a is done", "task 018f4e2a is done"),
    ],
)
def test_a_line_does_not_say_who_it_was_or_what_opens_doors(said: str, written: str) -> None:
    line = {"event": said, "exception": said, "inside": {"deeper": [said]}}
    assert redact(None, "info", line) == {
        "event": written,
        "exception": written,
        "inside": {"deeper": [written]},
    }


def test_what_has_a_telling_name_is_not_shown_at_all() -> None:
    line = {"event": "x", "password": "hunter2", "refresh_token": "t", "more": {"Cookie": "c"}}
    assert redact(None, "info", line) == {
        "event": "x",
        "password": "[hidden]",
        "refresh_token": "[hidden]",
        "more": {"Cookie": "[hidden]"},
    }


def test_what_is_no_text_stays_what_it_is() -> None:
    line = {"event": "x", "count": 3, "ratio": 0.5, "none": None, "yes": True}
    assert redact(None, "info", dict(line)) == line


SPEAK = """
import logging, structlog
from infrastructure.telemetry.logging import configure_logging
configure_logging("info", {shape!r})
structlog.get_logger().info("ours to ada@example.org", password="hunter2")
try:
    password = "hunter2"
    raise ValueError("no mailbox ada@example.org")
except ValueError:
    logging.getLogger("dramatiq").exception("theirs to %s", "ada@example.org")
"""


@pytest.mark.parametrize("shape", ["json", "console"])
def test_every_line_that_is_written_has_been_looked_through(shape: str) -> None:
    code = SPEAK.format(shape=shape)
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert said.count("[address]") == 3, said
    assert "ValueError" in said
    assert "ada@" not in said
    assert "hunter2" not in said
