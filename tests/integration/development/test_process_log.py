"""The log file of `annals dev`: warnings are shown once, and the file does not grow for ever."""

from pathlib import Path

import msgspec
import pytest

from infrastructure.development import process_log
from infrastructure.development.process_log import ProcessLog


def write(log: ProcessLog, *lines: object) -> None:
    with log.file.open("ab") as stream:
        for line in lines:
            stream.write(line.encode() if isinstance(line, str) else msgspec.json.encode(line))
            stream.write(b"\n")


def said(level: str, event: str, pid: int = 1) -> dict[str, object]:
    return {"level": level, "event": event, "pid": pid, "time": f"2026-01-01T00:00:0{pid}Z"}


def test_warnings_are_shown_and_other_lines_are_not(tmp_path: Path) -> None:
    shown: list[str] = []
    log = ProcessLog(tmp_path, shown.append)
    write(log, said("info", "request"), said("warning", "database_lost"), said("error", "failed"))
    log.show_new()
    assert ["database_lost" in line for line in shown] == [True, False]
    assert "failed" in shown[1]


def test_a_line_that_is_no_json_is_shown_as_it_is(tmp_path: Path) -> None:
    shown: list[str] = []
    log = ProcessLog(tmp_path, shown.append)
    write(log, "Traceback (most recent call last):", "", "[1]")
    log.show_new()
    assert shown == ["Traceback (most recent call last):", "[1]"]


def test_half_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    shown: list[str] = []
    log = ProcessLog(tmp_path, shown.append)
    whole = msgspec.json.encode(said("warning", "database_lost")) + b"\n"
    for part in (whole[:20], whole[20:]):
        with log.file.open("ab") as stream:
            stream.write(part)
        log.show_new()
    assert len(shown) == 1


def test_what_several_processes_say_at_the_same_time_is_shown_once(tmp_path: Path) -> None:
    shown: list[str] = []
    log = ProcessLog(tmp_path, shown.append)
    write(log, *(said("warning", "database_lost", pid) for pid in range(1, 6)))
    log.show_new()
    assert len(shown) == 1


def test_lines_of_an_earlier_run_are_not_shown(tmp_path: Path) -> None:
    write(ProcessLog(tmp_path, print), said("warning", "old"))
    shown: list[str] = []
    ProcessLog(tmp_path, shown.append).show_new()
    assert shown == []


def test_a_full_file_begins_again_and_no_warning_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_log, "MAX_BYTES", 200)
    shown: list[str] = []
    log = ProcessLog(tmp_path, shown.append)
    for number in range(20):
        write(log, said("warning", f"warning_{number}"))
        log.show_new()
    assert len(shown) == 20
    assert log.file.stat().st_size <= 300
    assert (tmp_path / "annals.log.1").stat().st_size > 0
