"""`annals logout`: forgets the token of this machine."""

import click

from interfaces.client import saved_login


@click.command
def command() -> None:
    """Forget the token of this machine.

    The token itself stays valid: revoke it where you see your tokens, in case somebody has a copy.
    """
    login = saved_login.forget()
    if login is None:
        click.echo("You are not logged in.")
    else:
        named = f' "{login.name}"' if login.name else ""
        click.echo(f"Logged out of {login.url}. The token{named} is valid until you revoke it.")
