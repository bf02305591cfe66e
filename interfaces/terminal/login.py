"""`annals login`: makes a personal access token for this machine, and keeps it."""

import platform

import click

from interfaces.client import saved_login
from interfaces.client.calls import Call, CallRefused, refusal
from interfaces.client.remote_api import RemoteApi
from interfaces.client.saved_login import DEFAULT_URL, URL, SavedLogin
from interfaces.terminal.asking import change, get, reported

_SCOPES = ["tasks:read", "tasks:write", "audit:read", "account:read"]


@click.command
@click.option("--url", envvar=URL, help=f"Where Annals runs (ANNALS_URL; default: {DEFAULT_URL}).")
@click.option("--email", help="Your email address; asked for without it.")
@click.option("--token", "has_token", is_flag=True, help="Use a token you have; asked for.")
def command(url: str | None, email: str | None, has_token: bool) -> None:
    """Log in on this machine.

    Creates a personal access token for your tasks, and keeps it in a file that only you can read.
    Your password is not kept. An account without a password uses --token.
    """
    with reported():
        address = url or DEFAULT_URL
        login = _given(address) if has_token else _made(address, email)
        path = saved_login.save(login)
        click.echo(f"Logged in at {login.url}. The token is in {path}.")


def _given(url: str) -> SavedLogin:
    token = click.prompt("Token", hide_input=True)
    get(RemoteApi(url, token), "/tasks", limit="1")  # refused if it is wrong
    return SavedLogin(url=url, token=token)


def _made(url: str, email: str | None) -> SavedLogin:
    api = RemoteApi(url, None)
    account = {
        "email": email or click.prompt("Email"),
        "password": click.prompt("Password", hide_input=True),
    }
    try:
        session = _session(api, account)
    except CallRefused as reason:
        if reason.code != "second-factor-needed":
            raise CallRefused("login", str(reason), "") from reason
        session = _session(api, account | {"code": click.prompt("Code of your app")})
    name = f"annals on {platform.node() or 'a machine'}"[:200]
    person = RemoteApi(url, session["access_token"])
    made = change(person, "POST", "/auth/tokens", {"name": name, "scopes": _SCOPES})
    # Only the token is kept.
    change(person, "POST", "/auth/logout", {"refresh_token": session["refresh_token"]})
    return SavedLogin(url=url, token=made["token"], name=name)


def _session(api: RemoteApi, account: dict[str, str]) -> dict[str, str]:
    reply = api.ask_now(Call(method="POST", path="/auth/login", body=account))
    if not reply.good:
        raise refusal(reply)
    body: dict[str, str] = reply.body
    return body
