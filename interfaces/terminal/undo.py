"""`annals undo`: undoes the latest change."""

from typing import Any

import click

from interfaces.client import saved_login
from interfaces.client.calls import CallRefused
from interfaces.client.remote_api import RemoteApi
from interfaces.terminal.asking import change, get, json_option, print_json, reported


@click.command
@json_option
def command(as_json: bool) -> None:
    """Undo your latest change, wherever you made it.

    Undoes one change at a time: repeat it for the one before. What it undid is shown.
    """
    with reported():
        api = saved_login.api()
        undone = change(api, "POST", f"/changes/{_latest(api)['id']}/undo")
        if as_json:
            print_json(undone)
            return
        click.echo(undone["summary"])
        if undone["notice"]:
            click.echo(undone["notice"])


def _latest(api: RemoteApi) -> Any:
    """Return the latest change that is in force and is no undo.

    Raises:
        CallRefused: there is none among the last 50.
    """
    for made in get(api, "/changes", limit="50")["items"]:
        if made["state"] == "done" and made["via"] != "undo":
            return made
    raise CallRefused("not-found", "There is nothing to undo.", "")
