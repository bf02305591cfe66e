"""`annals find`: shows the tasks that match words."""

import click

from interfaces.client import saved_login
from interfaces.terminal.asking import get, json_option, print_json, reported
from interfaces.terminal.task_lines import show


@click.command
@click.argument("words", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Completed and skipped tasks, too.")
@click.option("--tag", "tags", multiple=True, help="Only tasks with this tag; may be repeated.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 200), help="How many."
)
@json_option
def command(
    words: tuple[str, ...], everything: bool, tags: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Show the open tasks that match words; all of them without any.

    `annals done 3` completes the third task of the list.
    """
    with reported():
        api = saved_login.api()
        page = get(
            api,
            "/tasks",
            q=" ".join(words) or None,
            status="open,completed,skipped" if everything else "open",
            tags=",".join(tags) or None,
            limit=str(limit),
        )
        if as_json:
            print_json(page["items"])
            return
        show(api, page["items"], "No task matches.")
        if page["next_cursor"]:
            click.echo("There are more: give more words, or a larger --limit.", err=True)
