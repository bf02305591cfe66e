"""`annals today`: shows what is overdue and what is due today."""

from datetime import timedelta

import click

from interfaces.client import saved_login
from interfaces.terminal.asking import get, json_option, print_json, reported
from interfaces.terminal.task_lines import UserClock, show


@click.command
@click.option(
    "--days", default=1, show_default=True, type=click.IntRange(1, 366), help="From today on."
)
@json_option
def command(days: int, as_json: bool) -> None:
    """Show what is overdue and what is due today.

    `annals done 3` completes the third task of the list.
    """
    with reported():
        api = saved_login.api()
        until = str(UserClock(api).today + timedelta(days=days))
        page = get(api, "/tasks", status="open", due_before=until, sort="due_at", limit="200")
        if as_json:
            print_json(page["items"])
        else:
            show(api, page["items"], "Nothing is due. `annals find` shows all open tasks.")
