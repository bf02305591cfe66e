"""Every log line has one shape, whoever wrote it."""

import json
import subprocess
import sys

SPEAK = """
import logging, structlog
from infrastructure.telemetry.logging import configure_logging
configure_logging({level!r}, "json")
structlog.contextvars.bind_contextvars(request_id="r-1")
structlog.get_logger().info("ours", task="t-1", odd=object)
structlog.get_logger().debug("ours, in detail")
logging.getLogger("psycopg.pool").warning("theirs %s", "too")
logging.getLogger("psycopg.pool").debug("theirs, in detail")
logging.getLogger("uvicorn.access").info("somebody asked for a page")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception("ours, failed")
    logging.getLogger("dramatiq").exception("theirs, failed")
"""


def test_our_lines_and_those_of_libraries_have_one_shape() -> None:
    lines = spoken("info")
    assert [line["event"] for line in lines] == [
        "ours",
        "theirs too",
        "ours, failed",
        "theirs, failed",
    ]
    for line in lines:
        assert {"time", "level", "pid", "request_id"} <= line.keys()
        assert str(line["time"]).endswith("Z")
    assert [line.get("logger") for line in lines] == [None, "psycopg.pool", None, "dramatiq"]


def test_a_failure_is_logged_with_its_traceback_in_the_same_line() -> None:
    for line in spoken("error"):
        assert "ZeroDivisionError: division by zero" in str(line["exception"])


def test_a_value_json_has_no_form_for_is_logged_in_words() -> None:
    assert spoken("info")[0]["odd"] == "<class 'object'>"


def test_the_level_holds_for_our_lines_and_for_theirs() -> None:
    assert {line["level"] for line in spoken("error")} == {"error"}
    assert "theirs, in detail" in {line["event"] for line in spoken("debug")}


def spoken(level: str) -> list[dict[str, object]]:
    process = subprocess.run(
        [sys.executable, "-c", SPEAK.format(level=level)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in process.stderr.splitlines()]
