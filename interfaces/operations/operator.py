"""Who acts on the command line: the name that the log records with each change."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click

from application.command import Context

MAX_NAME_LENGTH = 64  # characters


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as containers have it
        return "unknown"


def _checked(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    if not name.isprintable() or not 0 < len(name.strip()) <= MAX_NAME_LENGTH:
        raise click.BadParameter(f"A name has 1 to {MAX_NAME_LENGTH} printable characters.")
    return name.strip()


def operator_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option --operator to a command."""
    return click.option(
        "--operator",
        default=_login_name,
        callback=_checked,
        help="Who acts, for the log; default: the name you are logged in with.",
    )(command)


def operator_context(operator: str) -> Context:
    """Return the context of a change that an operator makes on the command line."""
    return Context(actor=f"system:cli:{operator}", now=datetime.now(UTC), correlation_id=uuid4())
