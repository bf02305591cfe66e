"""The certified OpenID Connect provider `oidc-provider`, in a Node process on the loopback address.

npm fetches it once, by the lock file beside this one, into $ANNALS_CACHE or ~/.cache/annals.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from domain.record import Record
from tests.support.npm import modules
from tests.support.servers.ports import free_port

HERE = Path(__file__).parent
OLDEST_NODE = 20
CLIENT_ID, CLIENT_SECRET = "annals", "a secret: with % and +"

Claims = Mapping[str, Any]


def available() -> bool:
    """Whether Node, new enough, and npm are here."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", said.stdout)
    return found is not None and int(found[1]) >= OLDEST_NODE


class CertifiedProvider(Record):
    """A running provider. Whoever logs in needs no password: the login names the account."""

    issuer: str

    async def log_in(self, url: str, login: str) -> str:
        """Go through the pages at `url` as a browser does; return where they lead in the end."""
        async with httpx.AsyncClient(timeout=20) as browser:
            answer = await browser.get(url)
            while True:
                while answer.is_redirect:
                    url = urljoin(str(answer.url), answer.headers["location"])
                    if not url.startswith(self.issuer):
                        return url
                    answer = await browser.get(url)
                assert answer.status_code == 200, answer.text
                fields = dict(re.findall(r'name="(prompt)" value="(\w+)"', answer.text))
                assert fields, answer.text
                if fields["prompt"] == "login":
                    fields |= {"login": login, "password": "any"}
                [action] = re.findall(r'<form [^>]*action="([^"]+)"', answer.text)
                answer = await browser.post(urljoin(self.issuer, action), data=fields)

    async def cancel(self, url: str) -> str:
        """Refuse to log in at `url`; return where that leads."""
        async with httpx.AsyncClient(timeout=20) as browser:
            answer = await browser.get(url, follow_redirects=True)
            answer = await browser.get(f"{answer.url}/abort", follow_redirects=False)
            while answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["location"])
                if not url.startswith(self.issuer):
                    break
                answer = await browser.get(url)
            return url


@contextmanager
def certified_provider(
    accounts: Mapping[str, Claims], redirect_uri: str, *, email_in_token: bool = False
) -> Iterator[CertifiedProvider]:
    """Run a provider with these accounts, by login, until the block ends."""
    port = free_port()
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [redirect_uri],
    }
    configuration = json.dumps(
        {"client": client, "accounts": accounts, "emailInToken": email_in_token}
    )
    program = HERE / "provider.mjs"
    process = subprocess.Popen(
        ["node", str(program), str(port), configuration],
        cwd=modules(HERE),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield CertifiedProvider(issuer=f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=20)
