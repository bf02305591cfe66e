"""People who use every command of tasks, reminders and series, and record what they are told."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.history.checker import Heard
from tests.history.record import Answer, Outcome, Recorder, Request

KIND_WEIGHTS = {
    "create": 6,
    "change": 5,
    "reschedule": 2,
    "tag": 2,
    "untag": 1,
    "complete": 3,
    "reopen": 2,
    "delete": 2,
    "restore": 2,
    "remind": 3,
    "snooze": 1,
    "cancel": 1,
    "recur": 1,
    "end": 1,
    "skip": 1,
    "unskip": 1,
}
TRIES = 40  # of a request with a key whose outcome is unknown
PAUSE_SECONDS = 0.25  # before another try
KEEP_ALIVE_SECONDS = 17  # without a word from a stream, after which it is taken for broken
REMEMBERED = 30  # tasks somebody goes on working with
# Answers that leave open whether anything was recorded; another 4xx says that nothing was.
OPEN = frozenset({429, 500, 502, 503, 504})


class Client:
    """Somebody with an account, who works at one thing after the other."""

    def __init__(self, address: str, name: str, recorder: Recorder, chance: random.Random) -> None:
        self.http = httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=10)
        self.account = ""
        self._who = {"email": f"{name}@annals.example", "password": "correct horse battery"}
        self._name = name
        self._recorder = recorder
        self._chance = chance
        self._tasks: list[str] = []
        self._reminders: list[tuple[str, str]] = []

    async def join(self) -> None:
        answer = await self.http.post("/auth/register", json={**self._who, "name": self._name})
        answer.raise_for_status()
        await self.log_in()
        self.account = (await self.http.get("/auth/me")).json()["id"]

    async def log_in(self) -> None:
        answer = await self.http.post("/auth/login", json=self._who)
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def work(self, done: asyncio.Event) -> None:
        kinds, weights = list(KIND_WEIGHTS), list(KIND_WEIGHTS.values())
        while not done.is_set():
            [kind] = self._chance.choices(kinds, weights)
            request = self._request(kind)
            if request is not None:
                await self._send(request, done)

    def _request(self, kind: str) -> Request | None:
        """Return a request of this kind, or None where there is nothing to do it to."""
        chance = self._chance
        if kind in ("snooze", "cancel"):
            if not self._reminders:
                return None
            task, reminder = chance.choice(self._reminders)
            path = f"/tasks/{task}/reminders/{reminder}"
            if kind == "cancel":
                return self._make(kind, "DELETE", path)
            return self._make(kind, "POST", f"{path}/snooze", {"for": "PT20M"})
        if kind == "create":
            due = {"due_at": self._soon(3600)} if chance.random() < 0.7 else {}
            title = f"Task {chance.randrange(50)}"
            return self._make(kind, "POST", "/tasks", {"title": title, "tags": ["home"], **due})
        if not self._tasks:
            return None
        path = f"/tasks/{chance.choice(self._tasks)}"
        number = chance.randrange(1000)
        ways: dict[str, tuple[str, str, Any]] = {
            "change": ("PATCH", "", {"title": f"Changed {number}", "priority": "high"}),
            "reschedule": ("PATCH", "", {"due_at": self._soon(7200)}),
            "tag": ("POST", "/tags", {"tags": [f"tag{number % 5}"]}),
            "untag": ("DELETE", f"/tags/tag{number % 5}", None),
            "delete": ("DELETE", "", None),
            "remind": ("POST", "/reminders", {"at": self._soon(number % 60 + 5)}),
            "recur": ("PUT", "/recurrence", {"rrule": "FREQ=DAILY;COUNT=9"}),
            "end": ("DELETE", "/recurrence", None),
        }
        method, rest, body = ways.get(kind, ("POST", f"/{kind}", None))
        return self._make(kind, method, path + rest, body)

    def _make(self, kind: str, method: str, path: str, body: Any = None) -> Request:
        key = f"key-{self._chance.getrandbits(64)}"
        keyed = method != "PUT" and self._chance.random() < 0.6
        return Request(
            id=str(UUID(int=self._chance.getrandbits(128), version=4)),
            account=self.account,
            kind=kind,
            method=method,
            path=path,
            body=body,
            key=key if keyed else None,
        )

    async def _send(self, request: Request, done: asyncio.Event) -> None:
        self._recorder.asked(request)
        for _ in range(TRIES if request.key else 1):
            answer = await self._try(request)
            self._recorder.answered(answer)
            if answer.outcome != "unknown":
                break
            await asyncio.sleep(PAUSE_SECONDS)
        # Sometimes once more, to see that the answer is the same.
        if request.key and answer.outcome == "ok" and self._chance.random() < 0.1:
            self._recorder.answered(await self._try(request))

    async def _try(self, request: Request) -> Answer:
        headers = {"X-Request-ID": request.id}
        if request.key:
            headers["Idempotency-Key"] = request.key
        try:
            response = await self.http.request(
                request.method, request.path, json=request.body, headers=headers
            )
        except httpx.HTTPError:
            return Answer(request.id, "unknown")
        if response.status_code == 401:  # the token has run out: nothing was asked yet
            await self.log_in()
            return Answer(request.id, "unknown", 401)
        return self._answer(request, response)

    def _answer(self, request: Request, response: httpx.Response) -> Answer:
        status = response.status_code
        # A conflict that may be tried again: the first request under this key is still on its way.
        is_open = status in OPEN or (status == 409 and "Retry-After" in response.headers)
        outcome: Outcome = "ok" if status < 300 else "unknown" if is_open else "fail"
        if outcome != "ok":
            return Answer(request.id, outcome, status, response.text)
        body = response.json()
        subject = request.path.split("/")[2] if request.kind != "create" else body["id"]
        if request.kind == "create":
            self._tasks = [*self._tasks[-REMEMBERED:], subject]
        elif request.kind == "remind":
            self._reminders = [*self._reminders[-REMEMBERED:], (subject, body["id"])]
        tag = response.headers.get("ETag")
        position = response.headers.get("Annals-Position")
        return Answer(
            request.id,
            outcome,
            status,
            response.text,
            position=int(position) if position else None,
            version=int(tag.strip('"')) if tag else None,
            # What recurs is answered for by its series, whose name is not in the path.
            subject=None if request.kind in ("recur", "end") else subject,
        )

    def _soon(self, seconds: int) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def listen(client: Client, heard: Heard, done: Callable[[], bool]) -> None:
    """Hear the account's events by event stream until `done`, resuming after each break."""
    after, begun = heard.since, heard.since > 0
    while not done():
        headers = {"Last-Event-ID": str(after)} if begun else {}
        try:
            async with client.http.stream(
                "GET", "/stream", headers=headers, timeout=httpx.Timeout(5, read=KEEP_ALIVE_SECONDS)
            ) as answer:
                if answer.status_code == 401:
                    await client.log_in()
                frame: dict[str, str] = {}
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    frame[name] = value
                    if line:
                        continue
                    position = int(frame["id"]) if "id" in frame else after
                    kind, frame = frame.get("event"), {}
                    if kind == "listening" and not begun:
                        heard.since, begun = position, True
                    elif kind == "resync":
                        heard.positions += [None, position]
                    elif kind and kind not in ("listening", "expired"):
                        heard.positions.append(position)
                    after = position
                    if done():
                        return
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE_SECONDS)
