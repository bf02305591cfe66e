"""`annals keys`: the keys that sign tokens, and their change."""

from datetime import UTC, datetime

import click
import msgspec

from infrastructure.bootstrap import key_folder, load_settings


@click.group
def command() -> None:
    """List and change the keys that sign tokens.

    They are the files of ANNALS_KEYS_DIR; what is mounted from a Secret is changed where it
    was made (docs/keys.md).
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def list_keys(as_json: bool) -> None:
    """Show all keys, the states they are in and since when."""
    states = key_folder(load_settings()).states()
    if as_json:
        click.echo(msgspec.json.encode(states).decode())
        return
    for key in states:
        click.echo(f"{key.state:8} {key.since:%Y-%m-%d %H:%M:%S}Z  {key.kid}  {key.file}")


@command.command
@click.option(
    "--now", "at_once", is_flag=True, help="Sign with the next key even if others miss it yet."
)
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def rotate(at_once: bool, as_json: bool) -> None:
    """Take the next step in the life of the keys.

    The next key signs from now on, the one that signed is only good for what it has signed,
    those whose last token has run out are removed, and a new next key is published. The first
    time there is only that. Run it as often as keys are to change, from cron for example.
    """
    done = key_folder(load_settings()).rotate(datetime.now(UTC), at_once=at_once)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
        return
    for said, kids in (
        ("signs from now on", [done.signing]),
        ("is retired", done.retired),
        ("is gone", done.gone),
        ("is published, and is the next", [done.published]),
    ):
        for kid in filter(None, kids):
            click.echo(f"{kid} {said}")
    if done.wait_until is not None:
        click.echo(
            f"The next key may sign from {done.wait_until:%H:%M:%S}Z on, when all know it: "
            "run this again then."
        )
