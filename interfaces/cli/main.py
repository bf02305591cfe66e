"""The command line `annals`: each verb is loaded when it is asked for, and not before."""

import importlib
import sys
from typing import NamedTuple

import click


class Command(NamedTuple):
    """A command in interfaces/<folder>/<name>.py and its line in the overview."""

    name: str
    line: str
    folder: str = "operations"

    @property
    def module(self) -> str:
        return f"interfaces.{self.folder}.{self.name.replace('-', '_')}"


SECTIONS: dict[str, tuple[Command, ...]] = {
    "Start here": (
        Command("dev", "Run all of Annals on this machine, servers included.", "processes"),
        Command("mail", "Catch mail instead of sending it, and show it.", "processes"),
    ),
    "Processes": (
        Command("serve", "Answer HTTP requests, in one process.", "processes"),
        Command(
            "project", "Keep the views up to date with the log, until told to stop.", "processes"
        ),
        Command("schedule", "Let reminders ring on time, until told to stop.", "processes"),
        Command("work", "Deliver notifications, until told to stop.", "processes"),
        Command("relay", "Publish events to Kafka.", "processes"),
        Command("migrate", "Bring the database schema up to date.", "processes"),
    ),
    "Care": (
        Command("views", "List, rebuild and verify the views."),
        Command("events", "Read the log, one JSON object a line."),
        Command("tail", "Show what an account hears, as it happens."),
        Command("dead", "Deal with events a view, a reaction or the relay set aside."),
        Command("series", "Look after what recurs."),
        Command("dead-letters", "Deal with notifications that were given up."),
        Command("users", "Create accounts and grant roles."),
        Command("keys", "List and change the keys that sign tokens."),
        Command("smoke", "Use the Annals at URL once, as people do."),
    ),
}
COMMANDS = {verb.name: verb for verbs in SECTIONS.values() for verb in verbs}


class LazyGroup(click.Group):
    """Shows its overview without importing a single verb: importing them all takes seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name].module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(verb.name, verb.line) for verb in verbs])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="annals", message="Annals %(version)s")
def annals() -> None:
    """A task service that never forgets.

    Every change is an event, every screen a view folded from events, and the history is the
    audit trail. Settings are environment variables that begin with ANNALS_; they are listed in
    docs/configuration.md.
    """


def main() -> None:
    try:
        annals(prog_name="annals")
    except Exception as error:
        # Loaded here and not above: what raised it has loaded this already.
        from application.ports.startup import CannotStart

        if not isinstance(error, CannotStart):
            raise
        click.echo(f"annals: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
