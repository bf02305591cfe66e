"""`annals logout`: forgets the token of this machine, and revokes it if it was made for it."""

import click

from interfaces.client import saved_login
from interfaces.client.calls import Call, refusal
from interfaces.client.remote_api import NotReachable, RemoteApi


@click.command
def command() -> None:
    """Log out on this machine.

    Forgets the token that `annals login` has kept. A token that it made is revoked; one that you
    gave it stays valid.
    """
    login = saved_login.forget()
    if login is None:
        click.echo("You are not logged in.")
        return
    if not login.name:
        click.echo(f"Logged out of {login.url}. The token that you gave stays valid.")
        return
    reason = _not_revoked(RemoteApi(login.url, login.token))
    if reason is None:
        click.echo(f"Logged out of {login.url}.")
    else:
        click.echo(
            f'Logged out of {login.url}, but the token "{login.name}" could not be revoked:'
            f" {reason} Revoke it where you see your tokens."
        )


def _not_revoked(api: RemoteApi) -> str | None:
    """Revoke the token; return why not, if it is still valid."""
    try:
        reply = api.ask_now(Call(method="DELETE", path="/auth/tokens/current"))
    except NotReachable as reason:
        return str(reason)
    return None if reply.good or reply.status == 401 else str(refusal(reply))
