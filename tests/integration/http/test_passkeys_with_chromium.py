"""Passkeys of a real browser, whose authenticator is one of its own for tests."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.api import PASSWORD, Person, running_api, settings_for
from tests.support.clients.chromium import CHROMIUM, Page, a_page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

CREATE = """
navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(%s)})
  .then((made) => JSON.stringify(made.toJSON()))
"""
GET = """
navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(%s)})
  .then((made) => JSON.stringify(made.toJSON()))
"""


@pytest.fixture
def site() -> Iterator[str]:
    """The origin of an empty page, for which a browser makes passkeys."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "15")
            self.end_headers()
            self.wfile.write(b"<!doctype html>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()


async def answer_of(page: Page, script: str, options: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(await page.evaluate(script % json.dumps(options)))
    return found


async def test_a_browser_adds_a_passkey_and_logs_in_with_it(
    site: str, database_url: str, keys: Path, tmp_path: Path
) -> None:
    settings = settings_for(database_url, keys, public_url=site)
    async with running_api(settings) as api, a_page(tmp_path) as page:
        ada = await api.person("ada")
        await page.open(f"{site}/")
        await page.add_authenticator()
        begun = await ada.ask("POST", "/auth/me/passkeys/options", {"password": PASSWORD})
        credential = await answer_of(page, CREATE, begun.json()["options"])
        body = {"state": begun.json()["state"], "credential": credential}
        added = await ada.ask("POST", "/auth/me/passkeys", body)
        assert added.status_code == 201, added.text
        for _ in range(2):
            begun = await api.http.post("/auth/passkey/options")
            credential = await answer_of(page, GET, begun.json()["options"])
            body = {"state": begun.json()["state"], "credential": credential}
            answer = await api.http.post("/auth/passkey", json=body)
            assert answer.status_code == 200, answer.text
        me = await Person(api.http, answer.json()).get("/auth/me")
        assert me.json()["email"] == "ada@example.org"
