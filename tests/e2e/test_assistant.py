"""Assistants as they connect: the TypeScript client over HTTP, and a program over stdio."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult

from tests.support import npm
from tests.support.oidc.certified_provider import available
from tests.support.processes.dev_process import ROOT, environment
from tests.support.processes.serve_processes import Serving, serving
from tests.support.waiting import wait_until

SCOPES = ["tasks:read", "tasks:write", "audit:read"]
CLIENT = ROOT / "tests" / "support" / "mcp"


@pytest.fixture(scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assistant")


@pytest.fixture
def api(database_url: str, _folder: Path) -> Iterator[Serving]:
    with serving(database_url, _folder) as running:
        yield running


def token_of(api: Serving) -> str:
    bearer = {"Authorization": f"Bearer {api.sign_in('ada@example.org')}"}
    wanted = {"name": "Assistant", "scopes": SCOPES}
    answer = httpx.post(f"{api.address}/api/v1/auth/tokens", json=wanted, headers=bearer)
    return str(answer.raise_for_status().json()["token"])


async def structured(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    assert isinstance(answer.structured_content, dict), answer
    return answer.structured_content


def in_typescript(url: str, token: str) -> dict[str, Any]:
    """Return what the TypeScript client says."""
    said = subprocess.run(
        ["node", str(CLIENT / "client.mjs"), url, token],
        cwd=npm.modules(CLIENT),
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


async def test_a_program_over_stdio_and_one_in_typescript_share_the_tasks(api: Serving) -> None:
    token = token_of(api)
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "interfaces.cli", "mcp"],
        env=environment(url=api.address, token=token),
        cwd=ROOT,
    )
    async with Client(stdio_client(program)) as client:
        added = await structured(client, "add_tasks", tasks=[{"title": "Buy milk"}])
        [task] = added["done"]
        done = await structured(client, "complete_tasks", ids=[task["id"], "nothing"])
        assert [each["status"] for each in done["done"]] == ["completed"]
        assert [each["code"] for each in done["failed"]] == ["not-found"]
    if not available():
        pytest.skip("the TypeScript client needs Node 20 and npm")
    typescript = await asyncio.to_thread(in_typescript, f"{api.address}/mcp", token)
    assert typescript["session"]
    assert "find_tasks" in typescript["tools"]
    assert typescript["added"]["summary"] == "1 task added."
    assert typescript["completed"]["done"][0]["status"] == "completed"


async def test_the_address_of_a_calendar_is_in_no_log(api: Serving) -> None:
    bearer = {"Authorization": f"Bearer {api.sign_in('ada@example.org')}"}
    async with httpx.AsyncClient(timeout=60) as http:
        opened = await http.post(f"{api.address}/api/v1/calendar", headers=bearer)
        url = str(opened.json()["url"])
        secret = url.rpartition("/")[2].removesuffix(".ics")
        # No projector runs here: the feed waits for the views in vain, and is logged all the same.
        asked = await http.get(f"{api.address}/api/v1/calendar/{secret}.ics")
        assert asked.status_code == 503, asked.text

    def logged() -> bool:
        return '"path":"/api/v1/calendar/{word}"' in api.log.read_text()

    await asyncio.to_thread(wait_until, logged)
    assert secret not in api.log.read_text()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "You are not logged in."),
        ({"token": "annals_pat_x", "url": "nowhere"}, "nowhere is no address."),
    ],
    ids=["no token", "no address"],
)
def test_a_program_that_cannot_start_says_why(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "interfaces.cli", "mcp"],
        env=environment(**given) | {"XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 1
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr
