"""The file with the log lines of our processes, followed for their warnings."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from infrastructure.telemetry.logging import console_renderer

NAME = "annals.log"
MAX_BYTES = 16 * 1024 * 1024  # then the file begins again; the one before is kept as annals.log.1
FOLLOW_SECONDS = 0.1
REPEAT_SECONDS = 10.0  # a warning is shown again after this time at the earliest
SHOWN_LEVELS = frozenset({"warning", "error", "critical"})


class ProcessLog:
    """Processes append to `file`; their JSON lines from `warning` on are shown, formatted.

    A line that is no JSON (a traceback, the last words of a process) is shown as it is.
    """

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self.file = folder / NAME
        self._show = show
        self._render = console_renderer()
        self._shown_at: dict[bytes, float] = {}
        if self._size() > MAX_BYTES:
            self._begin_again()
        self._read = self._size()
        self._rest = b""

    async def follow(self) -> None:
        """Show warnings until cancelled."""
        while True:
            self.show_new()
            await asyncio.sleep(FOLLOW_SECONDS)

    def show_new(self) -> None:
        """Show the warnings that were written since the last time."""
        size = self._size()
        if size == self._read:
            return
        with self.file.open("rb") as stream:
            stream.seek(self._read)
            new = stream.read(size - self._read)
        self._read = size
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            if (text := self._text(line)) is not None:
                self._show(text)
        if size > MAX_BYTES:
            self._begin_again()

    def _text(self, line: bytes) -> str | None:
        try:
            fields = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError:
            return line.decode(errors="replace") if line.strip() else None
        if fields.get("level") not in SHOWN_LEVELS or self._repeated(fields):
            return None
        return self._render(fields)

    def _repeated(self, fields: dict[str, Any]) -> bool:
        """Return whether another process, or this one, said the same just now."""
        said = msgspec.json.encode({k: v for k, v in fields.items() if k not in {"time", "pid"}})
        now = time.monotonic()
        self._shown_at = {
            text: at for text, at in self._shown_at.items() if now - at < REPEAT_SECONDS
        }
        if said in self._shown_at:
            return True
        self._shown_at[said] = now
        return False

    def _begin_again(self) -> None:
        # The processes keep the file open and append: it is emptied, not replaced.
        shutil.copyfile(self.file, self.file.with_name(f"{NAME}.1"))
        self.file.open("wb").close()
        self._read, self._rest = 0, b""

    def _size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0
