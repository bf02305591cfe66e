"""The command line explains itself, and says in one sentence why it will not start."""

import re
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from interfaces.cli.main import COMMANDS
from tests.support.processes.dev_process import annals


def test_the_overview_names_every_verb() -> None:
    overview = annals("--help")
    assert overview.returncode == 0
    for verb in COMMANDS.values():
        assert f"{verb.name} " in overview.stdout
        assert verb.line in overview.stdout


def test_the_overview_loads_no_web_framework() -> None:
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "interfaces.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    for heavy in ("litestar", "psycopg", "sqlalchemy"):
        assert heavy not in loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_a_verb_says_of_itself_what_the_overview_says(name: str) -> None:
    command: click.Command = import_module(COMMANDS[name].module).command
    assert command.get_short_help_str(limit=100) == COMMANDS[name].line


@pytest.mark.parametrize("name", COMMANDS)
def test_everything_a_verb_takes_is_explained(name: str) -> None:
    for command in with_subcommands(import_module(COMMANDS[name].module).command):
        assert command.help, f"{command.name} has no help"
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{command.name} {option.name} has no help"


def test_a_bad_setting_is_one_sentence_and_exit_code_two() -> None:
    refused = annals("dev", port="eighty")
    assert refused.returncode == 2
    assert refused.stdout == ""
    sentence = "annals: ANNALS_PORT must be a whole number from 1 to 65535, not 'eighty'.\n"
    assert refused.stderr == sentence


def test_a_missing_setting_is_one_sentence_and_exit_code_two() -> None:
    refused = annals("migrate")
    assert refused.returncode == 2
    assert refused.stderr == (
        "annals: ANNALS_DATABASE_URL is not set: PostgreSQL to use. Name the data folder of a "
        "running `annals dev` with ANNALS_DATA_DIR or --data-dir.\n"
    )


@pytest.mark.parametrize(("typed", "meant"), [("view", "views"), ("event", "events")])
def test_a_command_that_is_almost_right_gets_a_suggestion(typed: str, meant: str) -> None:
    refused = annals(typed)
    assert refused.returncode == 2
    assert re.search(f"Did you mean.* '{meant}'", refused.stderr)


def test_a_subcommand_that_is_almost_right_gets_a_suggestion() -> None:
    assert "Did you mean 'rebuild'?" in annals("views", "rebuld").stderr


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = annals("serve", "--port", port, keys_dir=str(tmp_path))
    assert refused.returncode == 1
    sentence = f"annals: Port {port} on 127.0.0.1 cannot be used (Address already in use): "
    assert refused.stderr == sentence + "choose another port with --port.\n"


def test_an_option_comes_before_the_variable_and_is_judged_as_strictly() -> None:
    refused = annals("dev", "--port", "0", port="8000")
    assert refused.returncode == 2
    assert "ANNALS_PORT must be" in refused.stderr


def with_subcommands(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    return [command, *(each for sub in command.commands.values() for each in with_subcommands(sub))]
