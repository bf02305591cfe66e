"""`annals smoke URL`: tests a running Annals from the outside, step by step."""

import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

import click
import msgspec

STREAM, REMINDERS = "/api/v1/stream", "/api/v1/tasks/{task_id}/reminders"
MAX_LINES = 10_000  # of a stream, before the event that is waited for


class SmokeTestFailed(Exception):
    """A step failed; the message says what was expected and what came instead."""


@click.command
@click.argument("url")
@click.option(
    "--patience",
    "timeout_seconds",
    default=30.0,
    show_default=True,
    help="Seconds a step may take.",
)
def command(url: str, timeout_seconds: float) -> None:
    """Test a running Annals at URL, step by step.

    Registers an account, logs in, creates a task, finds it, completes it and reads its history;
    where the API has them, also receives live events and a reminder. Deletes its tasks at the
    end. Exits with code 1 at the first failing step. Needs no settings.
    """
    visit = SmokeTest(url.rstrip("/"), timeout_seconds)
    began = time.monotonic()
    for step in visit.steps():
        try:
            said = step()
        except (SmokeTestFailed, OSError, HTTPException, msgspec.DecodeError, LookupError) as error:
            click.echo(f"FAILED  {step.__name__:9} {type(error).__name__}: {error}", err=True)
            sys.exit(1)
        took = (time.monotonic() - began) * 1000
        began = time.monotonic()
        click.echo(f"ok      {step.__name__:9} {took:6.0f} ms  {said}")


class SmokeTest:
    """A client and the state it carries from step to step."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.BadParameter("must be an address such as https://annals.example")
        self._parts = parts
        self._timeout_seconds = timeout_seconds
        self._email = f"smoke-{secrets.token_hex(8)}@annals.example"
        self._password = secrets.token_urlsafe(18)
        self._word = f"smoke{secrets.token_hex(6)}"
        self._bearer: dict[str, str] = {}
        self._live: HTTPResponse | None = None
        self._paths: frozenset[str] = frozenset()
        self._refresh_token = self._task = self._position = self._etag = ""
        self._rings = ""  # id of the task with the reminder

    def steps(self) -> list[Callable[[], str]]:
        first = [self.ready, self.register, self.login, self.listen]
        then = [self.create, self.search, self.complete, self.audit]
        return [*first, *then, self.receive, self.remind, self.leave]

    def ready(self) -> str:
        """Wait until the service is ready: a deployment may just have started."""
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            try:
                self._ask("GET", "/health/ready")
                break
            except (SmokeTestFailed, OSError, HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        document, _ = self._ask("GET", "/openapi")
        # Parameters have a type in some documents ({task_id:uuid}), and are the same without.
        self._paths = frozenset(path.replace(":uuid}", "}") for path in document["paths"])
        return f"{len(self._paths)} paths"

    def register(self) -> str:
        account = {"email": self._email, "password": self._password, "name": "Smoke"}
        self._ask("POST", "/api/v1/auth/register", account)
        return self._email

    def login(self) -> str:
        account = {"email": self._email, "password": self._password}
        tokens, _ = self._ask("POST", "/api/v1/auth/login", account)
        self._bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        self._refresh_token = tokens["refresh_token"]
        return f"for {tokens['expires_in']} s"

    def listen(self) -> str:
        if STREAM not in self._paths:
            return "the API has no stream"
        connection = self._connection()
        connection.request("GET", self._parts.path + STREAM, headers=self._bearer)
        self._live = connection.getresponse()
        if self._live.status != 200:
            raise SmokeTestFailed(f"GET {STREAM} answered {self._live.status}")
        # The stream sends its start position first; events before that would be missed.
        while not (line := self._live.readline()).startswith(b"id:"):
            if not line:
                raise SmokeTestFailed(f"GET {STREAM} ended at once")
        return f"from position {line.decode()[3:].strip()}"

    def create(self) -> str:
        task, headers = self._ask("POST", "/api/v1/tasks", {"title": f"Try it {self._word}"})
        self._task, self._position = task["id"], headers["Annals-Position"]
        self._etag = headers["ETag"]
        return f"{self._task} at position {self._position}"

    def search(self) -> str:
        seen = {"Annals-Min-Position": self._position}
        page, _ = self._ask("GET", f"/api/v1/tasks?q={quote(self._word)}", headers=seen)
        self._expect([item["id"] for item in page["items"]], [self._task])
        return "found by its title"

    def complete(self) -> str:
        path, seen = f"/api/v1/tasks/{self._task}/complete", {"If-Match": self._etag}
        task, headers = self._ask("POST", path, headers=seen)
        self._expect(task["status"], "completed")
        self._position = headers["Annals-Position"]
        return f"version {task['version']}"

    def audit(self) -> str:
        path, seen = f"/api/v1/tasks/{self._task}/history", {"Annals-Min-Position": self._position}
        page, _ = self._ask("GET", path, headers=seen)
        actions = [entry["action"] for entry in page["items"]]
        self._expect(actions, ["task.completed", "task.created"])
        return " after ".join(actions)

    def receive(self) -> str:
        if self._live is None:
            return "the API has no stream"
        for expected in ("task.created", "task.completed"):
            self._wait_for(expected, self._task)
        return "received both events"

    def remind(self) -> str:
        if REMINDERS not in self._paths:
            return "the API has no reminders"
        task, _ = self._ask("POST", "/api/v1/tasks", {"title": f"Ring {self._word}"})
        self._rings = task["id"]
        at = datetime.now(UTC) + timedelta(seconds=2)
        path = f"/api/v1/tasks/{self._rings}/reminders"
        self._ask("POST", path, {"at": at.isoformat()})
        self._wait_for("reminder.triggered", self._rings)
        late = (datetime.now(UTC) - at).total_seconds()
        return f"triggered {late * 1000:.0f} ms late"

    def leave(self) -> str:
        for task in filter(None, (self._task, self._rings)):
            self._ask("DELETE", f"/api/v1/tasks/{task}")
        self._ask("POST", "/api/v1/auth/logout", {"refresh_token": self._refresh_token})
        return "deleted its tasks"

    def _wait_for(self, kind: str, task: str) -> None:
        """Read on in the stream until an event of this kind names the task."""
        deadline, current = time.monotonic() + self._timeout_seconds, ""
        for _ in range(MAX_LINES):
            # Each read waits `timeout_seconds` at most; the stream sends something more often.
            line = self._live.readline().decode().strip() if self._live else ""
            field, _, value = line.partition(":")
            if field == "event":
                current = value.strip()
            elif field == "data" and current == kind and task in value:
                return
            if time.monotonic() > deadline:
                break
        raise SmokeTestFailed(f"no {kind} within {self._timeout_seconds:g} s")

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[Any, Any]:
        """Return the body, decoded from JSON, and the headers of the response.

        Raises:
            SmokeTestFailed: the status is not 2xx.
        """
        connection = self._connection()
        try:
            connection.request(
                method,
                self._parts.path + path,
                body=None if body is None else msgspec.json.encode(body),
                headers={"Content-Type": "application/json"} | self._bearer | (headers or {}),
            )
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status // 100 != 2:
            raise SmokeTestFailed(f"{method} {path} answered {answer.status}: {content[:400]!r}")
        return (msgspec.json.decode(content) if content else None), answer.headers

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_seconds)

    @staticmethod
    def _expect(found: object, expected: object) -> None:
        if found != expected:
            raise SmokeTestFailed(f"expected {expected}, found {found}")
