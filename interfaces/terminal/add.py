"""`annals add`: adds a task from a line of words."""

import click

from interfaces.client import saved_login
from interfaces.terminal.asking import change, json_option, print_json, reported
from interfaces.terminal.task_lines import line


@click.command
@click.argument("words", nargs=-1, required=True)
@json_option
def command(words: tuple[str, ...], as_json: bool) -> None:
    """Add a task: annals add 'Call Bob tomorrow at 9 !high'.

    Another: annals add 'Water the plants every 3 days at 9 #home remind 30m before'. Day, time,
    rule, reminder, #tag and !priority may be words in English or German. Put the line in single
    quotes: your shell keeps # and ! for itself.
    """
    with reported():
        api = saved_login.api()
        task = change(api, "POST", "/tasks/quick", {"text": " ".join(words)})
        if as_json:
            print_json(task)
        else:
            line(api, "Added", task)
