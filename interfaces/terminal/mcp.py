"""`annals mcp`: lets an assistant on this machine work with your tasks."""

import asyncio
from importlib.util import find_spec

import click

from application.ports.startup import OperationRefused
from interfaces.cli.cli_errors import reported_errors
from interfaces.client import saved_login


@click.command
def command() -> None:
    """Let an assistant on this machine use your tasks.

    The assistant starts it, and speaks MCP to its standard input and output. It uses the API at
    ANNALS_URL (default: http://127.0.0.1:8000) with the personal access token ANNALS_TOKEN, or
    those of `annals login`. Needs the extra annals[mcp].
    """
    with reported_errors():
        api = saved_login.api()
        if find_spec("mcp") is None:
            raise OperationRefused("The extra is missing: pip install 'annals[mcp]'.")
        # Imported late: no other command needs it, and it takes long to load.
        from interfaces.mcp.over_stdio import serve

        asyncio.run(serve(api))
