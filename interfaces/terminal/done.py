"""`annals done`: completes tasks of the last list, or the one that matches words."""

import click

from interfaces.client import saved_login
from interfaces.client.calls import CallRefused
from interfaces.client.remote_api import RemoteApi
from interfaces.terminal.asking import change, get, json_option, print_json, reported
from interfaces.terminal.task_lines import line, numbered, show

_MATCHES = 10  # shown when words match several tasks


@click.command
@click.argument("which", nargs=-1, required=True, metavar="NUMBER... | WORDS...")
@json_option
def command(which: tuple[str, ...], as_json: bool) -> None:
    """Complete tasks: annals done 3, annals done 1 4, annals done milk.

    Numbers are those of the list shown last; words must match a single open task.
    """
    with reported():
        api = saved_login.api()
        if all(word.isascii() and word.isdigit() for word in which):
            ids = [numbered(int(word)) for word in dict.fromkeys(which)]
        else:
            ids = [_matching(api, " ".join(which))]
        done = [change(api, "POST", f"/tasks/{task_id}/complete") for task_id in ids]
        if as_json:
            print_json(done)
            return
        for task in done:
            line(api, "Done", task)


def _matching(api: RemoteApi, words: str) -> str:
    """Return the id of the one open task that matches words.

    Raises:
        CallRefused: none or several match; several are shown, for their numbers.
    """
    found = get(api, "/tasks", q=words, status="open", limit=str(_MATCHES))["items"]
    if not found:
        raise CallRefused("invalid", f'No open task matches "{words}".', "")
    if len(found) > 1:
        show(api, found, "")
        raise CallRefused("invalid", f'Several tasks match "{words}": give the number of one.', "")
    return str(found[0]["id"])
