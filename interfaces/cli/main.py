"""The command line `annals`: imports a command only when it is called."""

import importlib
import os
import sys
from typing import NamedTuple

import click


class CliCommand(NamedTuple):
    """A command in interfaces/<folder>/<name>.py and its line in the overview."""

    name: str
    line: str
    folder: str = "operations"

    @property
    def module(self) -> str:
        return f"interfaces.{self.folder}.{self.name.replace('-', '_')}"


ACCOUNTS = "operations.accounts"

SECTIONS: dict[str, tuple[CliCommand, ...]] = {
    "Start here": (
        CliCommand("dev", "Run Annals on this machine, with its servers.", "processes"),
        CliCommand("mail", "Run a mail server that shows mail instead of sending it.", "processes"),
    ),
    "Your tasks": (
        CliCommand("login", "Log in on this machine.", "terminal"),
        CliCommand("logout", "Log out on this machine.", "terminal"),
        CliCommand("add", "Add a task: annals add 'Call Bob tomorrow at 9 !high'.", "terminal"),
        CliCommand("today", "Show what is overdue and what is due today.", "terminal"),
        CliCommand(
            "find", "Show the open tasks that match words; all of them without any.", "terminal"
        ),
        CliCommand(
            "done", "Complete tasks: annals done 3, annals done 1 4, annals done milk.", "terminal"
        ),
        CliCommand("undo", "Undo your latest change, wherever you made it.", "terminal"),
        CliCommand("mcp", "Let an assistant on this machine use your tasks.", "terminal"),
    ),
    "Processes": (
        CliCommand("serve", "Serve the HTTP API.", "processes"),
        CliCommand(
            "project",
            "Keep and rebuild the views, and run the reactions.",
            "processes",
        ),
        CliCommand("schedule", "Trigger reminders and run periodic jobs.", "processes"),
        CliCommand("work", "Deliver notifications.", "processes"),
        CliCommand("relay", "Publish events to Kafka.", "processes"),
        CliCommand("migrate", "Migrate the database schema.", "processes"),
    ),
    "Operations": (
        CliCommand("views", "List, rebuild and verify the views."),
        CliCommand("recover", "Bring back what has read events that the log has lost."),
        CliCommand("events", "Print events of the log."),
        CliCommand("tail", "Print the live events of an account."),
        CliCommand("dead", "List, retry and discard parked events."),
        CliCommand("series", "Update recurring tasks after a time zone change."),
        CliCommand("dead-letters", "List, retry and discard undeliverable notifications."),
        CliCommand("users", "List, create, disable and enable accounts; end sessions.", ACCOUNTS),
        CliCommand("token", "Print a new access token of an account.", ACCOUNTS),
        CliCommand("tokens", "Create, list and revoke personal access tokens.", ACCOUNTS),
        CliCommand("keys", "List and rotate the keys that sign tokens."),
        CliCommand("smoke", "Test a running Annals at URL, step by step."),
    ),
}
COMMANDS = {verb.name: verb for verbs in SECTIONS.values() for verb in verbs}


def _use_data_dir(_context: click.Context, _option: click.Parameter, folder: str | None) -> None:
    if folder is not None:
        os.environ["ANNALS_DATA_DIR"] = folder


DATA_DIR = click.Option(
    ["--data-dir"],
    metavar="DIR",
    help="Use the `annals dev` that runs on this folder (ANNALS_DATA_DIR; default: .annals).",
    expose_value=False,
    callback=_use_data_dir,
)


def _add_data_dir(command: click.Command) -> None:
    """Let the command and its subcommands take --data-dir: people type it in either place."""
    if DATA_DIR not in command.params:
        command.params.append(DATA_DIR)
        for each in command.commands.values() if isinstance(command, click.Group) else ():
            _add_data_dir(each)


class LazyGroup(click.Group):
    """Lists the commands without importing them, because importing all of them takes seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name].module).command
        if COMMANDS[name] in SECTIONS["Operations"]:
            _add_data_dir(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(verb.name, verb.line) for verb in verbs])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="annals", message="Annals %(version)s")
def annals() -> None:
    """A task service that never forgets.

    Every change is an event, every list is a view folded from events, and the history is the
    audit trail. Settings are environment variables that begin with ANNALS_;
    docs/configuration.md lists them.
    """


def main() -> None:
    try:
        annals(prog_name="annals")
    except Exception as error:
        # Imported here, because only a command that raised it has imported it before.
        from application.ports.startup import CannotStart

        if not isinstance(error, CannotStart):
            raise
        click.echo(f"annals: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
