"""Asks the API for a command at the terminal, and reports what went wrong in a sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

import click
import msgspec

from interfaces.client import saved_login
from interfaces.client.calls import Call, CallRefused, refusal
from interfaces.client.remote_api import NotReachable, RemoteApi
from interfaces.client.saved_login import NotLoggedIn

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

# Exit codes beside click's own: 1 for what is refused, 2 for wrong usage.
NOT_REACHABLE, NOT_LOGGED_IN = 3, 4


def json_option(command: Decorated) -> Decorated:
    """Add --json to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


class NotReachableError(click.ClickException):
    exit_code = NOT_REACHABLE


class NotLoggedInError(click.ClickException):
    exit_code = NOT_LOGGED_IN


@contextmanager
def reported() -> Iterator[None]:
    """Turn expected errors into a sentence and an exit code."""
    try:
        yield
    except CallRefused as reason:
        if reason.code == "not-authenticated":
            raise NotLoggedInError(f"{reason} Run `annals login`.") from reason
        raise click.ClickException(str(reason)) from reason
    except NotReachable as reason:
        raise NotReachableError(str(reason)) from reason
    except NotLoggedIn as reason:
        raise NotLoggedInError(str(reason)) from reason


def get(api: RemoteApi, path: str, **query: str | None) -> Any:
    """Return what a GET answers, at least as new as what this command has changed.

    Raises:
        CallRefused: the API refuses it.
        NotReachable: nothing answers.
    """
    given = {name: value for name, value in query.items() if value is not None}
    seen = {"Annals-Min-Position": str(api.position)} if api.position else {}
    try:
        return _body(api, Call(method="GET", path=path, query=given, headers=seen))
    except CallRefused as reason:
        if reason.code != "position-lost":
            raise
        # The log was restored to an earlier day.
        return _body(api, Call(method="GET", path=path, query=given))


def change(api: RemoteApi, method: str, path: str, body: Any = None) -> Any:
    """Return what a command answers. A lost answer is asked for again, and changes nothing twice.

    Raises:
        CallRefused: the API refuses it.
        NotReachable: nothing answers.
    """
    headers = {"Idempotency-Key": str(uuid4())}
    answer = _body(api, Call(method=method, path=path, body=body, headers=headers))
    saved_login.keep_position(api)
    return answer


def _body(api: RemoteApi, call: Call) -> Any:
    reply = api.ask_now(call)
    if not reply.good:
        raise refusal(reply)
    return reply.body


def print_json(value: Any) -> None:
    click.echo(msgspec.json.encode(value))
