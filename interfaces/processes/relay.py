"""`annals relay`: publishes events to Kafka, shows its status and replays events."""

import asyncio
import sys
from typing import Any

import click
import msgspec
import uvloop

from infrastructure.bootstrap import load_settings, relay_admin
from interfaces.processes.gc_tuning import tune_gc
from interfaces.processes.run_until_signal import run_until_signal

POSITION = click.IntRange(min=1)


@click.group(invoke_without_command=True)
@click.option("--create-topics", is_flag=True, help="Create missing topics, then exit.")
@click.pass_context
def command(context: click.Context, create_topics: bool) -> None:
    """Publish events to Kafka.

    Without a subcommand it publishes until SIGTERM or Ctrl-C. You may run several: one is active,
    and another takes over within seconds when it stops. Needs ANNALS_DATABASE_URL and
    ANNALS_KAFKA_BOOTSTRAP_SERVERS.
    """
    if context.invoked_subcommand is None:
        if create_topics:
            _create_topics()
        else:
            care = relay_admin(load_settings())
            tune_gc()
            uvloop.run(run_until_signal(care.run()))


def _create_topics() -> None:
    made, topics = asyncio.run(relay_admin(load_settings()).create_topics())
    for topic in topics:
        state = "created" if topic.name in made else "; ".join(topic.wrong) or "as set"
        click.echo(f"{topic.name:24} {state}")
    if any(topic.wrong for topic in topics):
        sys.exit(1)


@command.command
@click.option("--json", "as_json", is_flag=True, help="Output JSON.")
def status(as_json: bool) -> None:
    """Show how far the relay is behind the log, and its throughput.

    Measures for a second. The lag in seconds is the age of the oldest unpublished event.
    """
    found = asyncio.run(relay_admin(load_settings()).status())
    fields: dict[str, Any] = msgspec.to_builtins(found)
    if as_json:
        click.echo(msgspec.json.encode(fields).decode())
        return
    units = {"lag_events": "events", "lag_seconds": "s", "throughput": "events/s"}
    words = {"active": "running", "end": "end of the log", "dead": "parked"}
    for name, value in fields.items():
        shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value:,}"
        label = words.get(name, name.replace("_", " ").replace("lag events", "lag"))
        click.echo(f"{label:16} {shown} {units.get(name, '')}".rstrip())


@command.command
@click.option("--from", "start", type=POSITION, required=True, help="First position to send.")
@click.option(
    "--to", "end", type=POSITION, help="Last position to send; default: the end of the log."
)
@click.option("--topic", help="Send every event to this topic instead of its own.")
@click.option(
    "--type", "types", multiple=True, help="Send only events of this type; may be repeated."
)
def replay(start: int, end: int | None, topic: str | None, types: tuple[str, ...]) -> None:
    """Send a range of the log again, for a new consumer or a repair.

    The events keep their ids. The position of the relay does not change.
    """
    care = relay_admin(load_settings())
    found = asyncio.run(care.replay(start=start, end=end, topic=topic, types=types))
    click.echo(f"{found.sent} sent")
    if found.dead:
        click.echo(f"{len(found.dead)} cannot be published: {found.dead[:10]}", err=True)
        sys.exit(1)
