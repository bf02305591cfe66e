"""`annals views`: lists, rebuilds and verifies the views, and lists the runs of the API."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from infrastructure.bootstrap import load_settings, open_operations
from interfaces.cli.cli_errors import reported_errors
from projections.catalogue import VIEWS
from projections.views.view_runs import ListedRun

NAME = click.Choice([view.name for view in VIEWS])
WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=min(os.cpu_count() or 1, 8),
    show_default="one per processor, at most 8",
    help="Number of processes that fold the log.",
)

MAX_EVENTS_SHOWN = 100
SILENT_SECONDS = 5.0  # a process that carries out a run is heard of each second


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, rebuild and verify the views.

    A view is a table folded from the log and can be rebuilt at any time. Without a subcommand,
    lists the views. Needs ANNALS_DATABASE_URL.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_views)


@command.command("list")
def list_views() -> None:
    """List the views with their positions.

    `lag` is the number of events the view has not processed yet, `seconds` the age of the oldest
    of them, and `dead` the number of parked events (see `annals dead`). A note says that a view
    shows events which the log no longer has (see `annals recover`).
    """
    with reported_errors():
        asyncio.run(_list())


async def _list() -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("view")
    for heading in ("position", "lag", "seconds", "dead", "rows"):
        table.add_column(heading, justify="right")
    table.add_column("note")
    async with open_operations(load_settings()) as care:
        for state in await care.views():
            table.add_row(
                state.name,
                f"{state.position:,}",
                f"{state.lag_events:,}",
                f"{state.lag_seconds:.1f}",
                f"{state.dead:,}",
                f"{state.rows:,}",
                "beyond the log" if state.beyond_log else "",
            )
    Console().print(table)


@command.command("rebuild")
@click.argument("name", type=NAME, required=False)
@click.option("--all", "every", is_flag=True, help="Rebuild all views, one after another.")
@WORKERS
def rebuild_views(name: str | None, every: bool, workers: int) -> None:
    """Rebuild a view from the log.

    Queries use the old table until the new one replaces it, in one transaction. A rebuild that is
    killed leaves the old table unchanged: start it again.

    An event that the view fails to process is parked and listed at the end, and the exit code is
    1 until `annals dead discard` accepts that the view stays without it.
    """
    names = _names(name, every)
    with reported_errors():
        whole = asyncio.run(_rebuild(names, workers))
    sys.exit(0 if whole else 1)


def _names(name: str | None, every: bool) -> list[str]:
    if every == (name is not None):
        raise click.UsageError("Give the name of a view, or --all.")
    return [view.name for view in VIEWS] if name is None else [name]


async def _rebuild(names: list[str], workers: int) -> bool:
    whole = True
    async with open_operations(load_settings()) as care:
        for name in names:
            start = time.monotonic()
            with _shown(name) as show:
                rebuilt = await care.rebuild(name, workers=workers, progress=show)
            seconds = time.monotonic() - start
            click.echo(f"{name}: rebuilt up to position {rebuilt.position:,} in {seconds:.1f} s")
            failed = [event for event in rebuilt.parked if event.discarded_at is None]
            if failed:
                whole = False
                click.echo(f"{name}: {len(failed):,} events are parked")
            for event in failed[:MAX_EVENTS_SHOWN]:
                click.echo(f"  position {event.position}, {event.topic}: {event.error}")
    return whole


@command.command("verify")
@click.argument("name", type=NAME, required=False)
@click.option("--all", "every", is_flag=True, help="Verify all views, one after another.")
@WORKERS
def verify_views(name: str | None, every: bool, workers: int) -> None:
    """Compare a view, or all, with the log, without changing any.

    Exits with code 1 when a row differs, even by a byte, or when a view fails to process an
    event that is not discarded. Such events are listed, and the rest is compared.
    """
    names = _names(name, every)
    with reported_errors():
        same = asyncio.run(_verify(names, workers))
    sys.exit(0 if same else 1)


async def _verify(names: list[str], workers: int) -> bool:
    same = True
    async with open_operations(load_settings()) as care:
        for name in names:
            with _shown(name) as show:
                verdict = await care.verify(name, workers=workers, progress=show)
            for failure in verdict.failures[:MAX_EVENTS_SHOWN]:
                position = failure.entry.position
                click.echo(f"{name}: position {position} is left out: {failure.error}")
            at = f"at position {verdict.position:,}"
            same = same and not (verdict.different or verdict.failures)
            if not verdict.different:
                click.echo(f"{name}: all {verdict.rows:,} rows match the log {at}")
                continue
            different = f"{verdict.different:,} of {verdict.rows:,} rows"
            click.echo(f"{name}: {different} differ from the log {at}")
            for difference in verdict.differences:
                click.echo(f"  {difference.key}")
                click.echo(f"    table: {difference.table or '(no row)'}")
                click.echo(f"    log:   {difference.log or '(no row)'}")
    return same


@command.command("runs")
@click.option(
    "--last", type=click.IntRange(1, 200), default=20, show_default=True, help="Number of runs."
)
def list_runs(last: int) -> None:
    """List the rebuilds and verifications that were requested over the API or on the page.

    `annals project` carries them out, one after another. What this command line rebuilds or
    verifies itself is not among them.
    """
    with reported_errors():
        asyncio.run(_list_runs(last))


async def _list_runs(last: int) -> None:
    async with open_operations(load_settings()) as care:
        for run in await care.runs(limit=last):
            click.echo(
                f"{run.requested_at:%Y-%m-%d %H:%M:%S}Z  {run.id}"
                f"  {run.kind} {run.view}: {_state(run)}"
            )


def _state(run: ListedRun) -> str:
    """Return how far a run is, or how it ended."""
    if run.error is not None:
        return f"{run.outcome}: {run.error}"
    if run.outcome is not None:
        left = f", {run.parked:,} events parked" if run.parked else ""
        rows = "" if run.rows is None else f", {run.different:,} of {run.rows:,} rows differ"
        return f"{run.outcome}{rows}{left}"
    if run.progress is None:
        return "running" if run.starts else "requested"
    progress = run.progress
    silent = "" if progress.silent_seconds < SILENT_SECONDS else ", its process does not answer"
    return f"{progress.phase} {progress.done:,} of {progress.total:,}{silent}"


class Shown:
    """Shows progress: a bar on a terminal, elsewhere a line for each tenth of each stage."""

    def __init__(self, name: str, bar: Progress | None) -> None:
        self._name, self._bar = name, bar
        self._task = bar.add_task(name, total=None, stage="starting") if bar else None
        self._said: tuple[str, int] | None = None

    def __call__(self, stage: str, done: int, of: int) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=of, stage=stage)
            return
        tenth = 10 * done // of if of else 10
        if self._said != (stage, tenth):
            self._said = (stage, tenth)
            click.echo(f"{self._name}: {stage} {done:,} of {of:,}", err=True)


@contextmanager
def _shown(name: str) -> Iterator[Shown]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Shown(name, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield Shown(name, bar)
