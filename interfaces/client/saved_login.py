"""The address and token that commands for people use: of the environment, or of `annals login`."""

import os
from pathlib import Path

import click
import msgspec

from application.ports.startup import OperationRefused
from domain.record import Record
from interfaces.client.remote_api import RemoteApi

URL, TOKEN = "ANNALS_URL", "ANNALS_TOKEN"
DEFAULT_URL = "http://127.0.0.1:8000"


class NotLoggedIn(OperationRefused):
    """There is no token."""


class SavedLogin(Record):
    """What `annals login` has saved. `name` is what the token is called in the list of tokens."""

    url: str
    token: str
    name: str = ""


def folder() -> Path:
    """Return the folder of what is kept for this user, readable by nobody else."""
    return Path(click.get_app_dir("annals"))


def save(login: SavedLogin) -> Path:
    """Save a login for this user alone; return the file."""
    return write_private("login.json", msgspec.json.encode(login))


def forget() -> SavedLogin | None:
    """Delete the saved login, and return it."""
    login = saved()
    (folder() / "login.json").unlink(missing_ok=True)
    return login


def saved() -> SavedLogin | None:
    """Return the saved login, if there is one that can be read."""
    try:
        content = (folder() / "login.json").read_bytes()
        return msgspec.json.decode(content, type=SavedLogin)
    except (OSError, msgspec.DecodeError):
        return None


def api() -> RemoteApi:
    """Return the API with the token of the environment, or with the saved one.

    Raises:
        NotLoggedIn: there is neither.
        NotReachable: the address is none.
    """
    token = os.environ.get(TOKEN)
    if token:
        # A saved address may be another service's, which must not get this token.
        url = os.environ.get(URL, DEFAULT_URL)
    elif (login := saved()) is not None:
        url, token = login.url, login.token
    else:
        raise NotLoggedIn(f"You are not logged in. Run `annals login`, or set {TOKEN} and {URL}.")
    return RemoteApi(url, token, position=_position(url))


def keep_position(api: RemoteApi) -> None:
    """Keep what was changed last, so that the next command shows it."""
    write_private("position.json", msgspec.json.encode({api.url: api.position}))


def _position(url: str) -> int:
    try:
        content = (folder() / "position.json").read_bytes()
        return msgspec.json.decode(content, type=dict[str, int]).get(url, 0)
    except (OSError, msgspec.DecodeError):
        return 0


def write_private(name: str, content: bytes) -> Path:
    """Write a file that only this user can read, whole or not at all."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path, fresh = folder() / name, folder() / f"{name}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
    return path
