"""What `annals dev` shows: progress, a welcome, warnings of the processes, and a last line."""

import os
import shutil
import sys
from pathlib import Path

import click

from application.ports.startup import RunningInstance

FIRST_TASK = '{"title": "Water the plants"}'
CLEAR_LINE = "\r\x1b[K"


class DevScreen:
    """On a terminal, a line that changes shows the progress; without a terminal, none does."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty() and sys.stderr.isatty()
        self._folder = Path()

    def begin(self, folder: Path) -> None:
        self._folder = folder
        click.echo(f"Annals is starting; its data is in {folder}")

    def step(self, text: str) -> None:
        if self._terminal:
            # The cursor stays at the start of the line: whatever comes next replaces it.
            click.echo(f"{CLEAR_LINE}{text} …\r", nl=False)

    def running(self, instance: RunningInstance) -> None:
        self.clear()
        lines = [
            ("Page", instance.api and _page(instance)),
            ("API", instance.api and f"{instance.api}/api/v1"),
            ("Docs", instance.api and f"{instance.api}/docs"),
            ("Mail", instance.mail),
            ("Kafka", instance.kafka),
            ("Log", instance.log and _shown(instance.log)),
            ("Demo", instance.demo and f"{instance.demo.email}  {instance.demo.password}"),
        ]
        click.echo()
        for name, value in lines:
            if value:
                click.echo(f"  {self._bold(f'{name:<5}')}  {value}")
        if instance.api and instance.demo:
            token = f"{_own_command()} token {instance.demo.email}{self._data_dir()}"
            click.echo(
                f"  {self._bold('Try  ')}  curl {instance.api}/api/v1/tasks \\\n"
                f'           -H "Authorization: Bearer $({token})" \\\n'
                f"           -H 'Content-Type: application/json' -d '{FIRST_TASK}'"
            )
        click.echo("\nAnnals runs. Press Ctrl-C to stop it.\n")

    def warn(self, line: str) -> None:
        self.clear()
        click.echo(line, err=True)

    def clear(self) -> None:
        if self._terminal:
            click.echo(CLEAR_LINE, nl=False)

    def end(self) -> None:
        click.echo(f"Annals has stopped; its data stays in {self._folder}")

    def _bold(self, text: str) -> str:
        coloured = self._terminal and not os.environ.get("NO_COLOR")
        return click.style(text, bold=True) if coloured else text

    def _data_dir(self) -> str:
        return "" if self._folder == Path(".annals") else f" --data-dir {self._folder}"


def _page(instance: RunningInstance) -> str:
    """Return the address of the page. Browsers keep what follows the # to themselves."""
    return f"{instance.api}/#demo={instance.demo.password}" if instance.demo else f"{instance.api}/"


def _own_command() -> str:
    """Return how to call `annals` from here."""
    script = Path(sys.argv[0])
    if script.name == "__main__.py":
        return f"{sys.executable} -m interfaces.cli"
    return "annals" if shutil.which("annals") else _shown(script)


def _shown(path: Path) -> str:
    """Return the path as short as it can be typed here."""
    shorter = os.path.relpath(path)
    return str(path) if shorter.startswith("..") else shorter
