"""A provider of our own, which answers whatever a test wants: certified ones tell no lies."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID = "annals"
KID = "key-1"
CODE = "a-code"
ADA = {"sub": "ada", "email": "ada@example.org", "email_verified": True, "name": "Ada"}


@cache
def key(name: str) -> RSAPrivateKey:
    """A key of this name, the same for all providers of a run."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str) -> bytes:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class OwnProvider:
    """A provider that says of people what a test wants it to say.

    `published` are the names of the keys that it publishes, by key id. `answers` replace its own,
    by path. `requests` counts what it was asked, by path.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what a test wanted, and what it was asked."""
        self.requests: Counter[str] = Counter()
        self.forms: list[dict[str, list[str]]] = []
        self.published = {KID: "signing"}
        self.person: dict[str, Any] = dict(ADA)
        self.user_info: dict[str, Any] | None = None
        self.discovery: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.id_tokens: dict[str, str | None] = {}  # by code

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        if self.user_info is not None:
            found["userinfo_endpoint"] = f"{self.issuer}/me"
        return found | self.discovery

    def jwks(self) -> dict[str, Any]:
        algorithm = jwt.get_algorithm_by_name("RS256")
        keys = []
        for kid, name in self.published.items():
            public = json.loads(algorithm.to_jwk(key(name).public_key()))
            keys.append(public | {"kid": kid, "use": "sig"})
        return {"keys": keys}

    def token_for(self, url: str, **changed: Any) -> dict[str, Any]:
        """The claims of a right ID token for the login at `url`, with some `changed`, or
        left out if None."""
        [nonce] = parse_qs(urlsplit(url).query)["nonce"]
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
        }
        return {name: value for name, value in (right | changed).items() if value is not None}

    def signs(
        self,
        claims: dict[str, Any],
        *,
        name: str | bytes | None = "signing",
        algorithm: str = "RS256",
        kid: str | None = KID,
        code: str = CODE,
    ) -> None:
        """Let the ID token of a code have these claims, signed with the key of this name."""
        secret: Any = key(name) if isinstance(name, str) else name
        headers = {} if kid is None else {"kid": kid}
        self.id_tokens[code] = _encoded(claims, secret, algorithm, headers)

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        self.requests[path] += 1
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return 200, json.dumps(self.document()).encode()
            case "/jwks":
                return 200, json.dumps(self.jwks()).encode()
            case "/me":
                return 200, json.dumps(self.user_info).encode()
            case "/token":
                form = parse_qs(body.decode())
                self.forms.append(form)
                id_token = self.id_tokens.get(form["code"][0])
                tokens = {"access_token": "at", "token_type": "Bearer", "id_token": id_token}
                return 200, json.dumps(tokens).encode()
            case _:
                return 404, b"{}"


def _encoded(claims: dict[str, Any], secret: Any, algorithm: str, headers: dict[str, Any]) -> str:
    """Return a JWT. The library refuses public keys as shared secrets; attackers do not."""
    if not algorithm.startswith("HS"):
        return jwt.encode(claims, secret, algorithm=algorithm, headers=headers)

    def encoded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    head = json.dumps({"alg": algorithm, "typ": "JWT"} | headers).encode()
    signed = f"{encoded(head)}.{encoded(json.dumps(claims).encode())}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


@contextmanager
def own_provider() -> Iterator[OwnProvider]:
    """Run a provider until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(b"")

        def do_POST(self) -> None:
            self._respond(self.rfile.read(int(self.headers["Content-Length"])))

        def _respond(self, body: bytes) -> None:
            status, answer = provider.answer(urlsplit(self.path).path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = OwnProvider(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
