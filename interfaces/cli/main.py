"""The command line `annals`: imports a command only when it is called."""

import importlib
import os
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


ACCOUNTS = "operations.accounts"

SECTIONS: dict[str, tuple[Command, ...]] = {
    "Start here": (
        Command("dev", "Run Annals on this machine, with its servers.", "processes"),
        Command("mail", "Run a mail server that shows mail instead of sending it.", "processes"),
    ),
    "Your tasks": (
        Command("login", "Log in on this machine.", "terminal"),
        Command("logout", "Forget the token of this machine.", "terminal"),
        Command("add", 'Add a task: annals add "Call Bob tomorrow at 9 !high".', "terminal"),
        Command("today", "Show what is overdue and what is due today.", "terminal"),
        Command(
            "find", "Show the open tasks that match words; all of them without any.", "terminal"
        ),
        Command(
            "done", "Complete tasks: annals done 3, annals done 1 4, annals done milk.", "terminal"
        ),
        Command("undo", "Undo your latest change, wherever you made it.", "terminal"),
        Command("mcp", "Let an assistant on this machine use your tasks.", "terminal"),
    ),
    "Processes": (
        Command("serve", "Serve the HTTP API.", "processes"),
        Command("project", "Update the views and run the reactions.", "processes"),
        Command("schedule", "Trigger reminders and run periodic jobs.", "processes"),
        Command("work", "Deliver notifications.", "processes"),
        Command("relay", "Publish events to Kafka.", "processes"),
        Command("migrate", "Migrate the database schema.", "processes"),
    ),
    "Operations": (
        Command("views", "List, rebuild and verify the views."),
        Command("recover", "Bring back what has read events that the log has lost."),
        Command("events", "Print events of the log."),
        Command("tail", "Print the live events of an account."),
        Command("dead", "List, retry and discard parked events."),
        Command("series", "Update recurring tasks after a time zone change."),
        Command("dead-letters", "List, retry and discard undeliverable notifications."),
        Command("users", "List, create, disable and enable accounts; end sessions.", ACCOUNTS),
        Command("token", "Print a new access token of an account.", ACCOUNTS),
        Command("tokens", "Create, list and revoke personal access tokens.", ACCOUNTS),
        Command("keys", "List and rotate the keys that sign tokens."),
        Command("smoke", "Test a running Annals at URL, step by step."),
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
