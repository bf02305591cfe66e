"""`annals keys`: lists and rotates the keys that sign tokens."""

from datetime import UTC, datetime

import click
import msgspec

from infrastructure.bootstrap import key_folder, load_settings


@click.group
def command() -> None:
    """List and rotate the keys that sign tokens.

    The keys are files in ANNALS_KEYS_DIR. Keys mounted from a Kubernetes Secret are rotated in
    the Secret (docs/keys.md).
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Output JSON.")
def list_keys(as_json: bool) -> None:
    """List the keys with their states and the time of the last change."""
    states = key_folder(load_settings()).states()
    if as_json:
        click.echo(msgspec.json.encode(states).decode())
        return
    for key in states:
        click.echo(f"{key.state:8} {key.since:%Y-%m-%d %H:%M:%S}Z  {key.kid}  {key.file}")


@command.command
@click.option(
    "--now",
    "at_once",
    is_flag=True,
    help="Sign with the next key even if other services have not fetched it yet.",
)
@click.option("--json", "as_json", is_flag=True, help="Output JSON.")
def rotate(at_once: bool, as_json: bool) -> None:
    """Rotate the signing keys.

    Promotes the next key to signing, keeps the previous key for verification only, deletes keys
    whose last token has expired, and publishes a new next key. The first run only publishes a
    next key. Run it on a schedule, for example from cron.
    """
    done = key_folder(load_settings()).rotate(datetime.now(UTC), at_once=at_once)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
        return
    for said, kids in (
        ("now signs tokens", [done.signing]),
        ("is retired (verification only)", done.retired),
        ("is deleted", done.gone),
        ("is published as the next key", [done.published]),
    ):
        for kid in filter(None, kids):
            click.echo(f"{kid} {said}")
    if done.wait_until is not None:
        click.echo(
            f"The next key can sign from {done.wait_until:%H:%M:%S}Z, when every service has "
            "fetched it: run this command again then."
        )
