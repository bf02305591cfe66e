"""What was asked of the API and what it answered, one JSON line each, in a file."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

# `unknown`: no answer, or one that leaves open whether anything was recorded.
Outcome = Literal["ok", "fail", "unknown"]


@dataclass(frozen=True)
class Request:
    """`id` is its X-Request-ID, a UUID, of which `own_ids` has the correlation id.

    `key` is its Idempotency-Key; with one it is repeated until its outcome is known.
    """

    id: str
    account: str
    kind: str
    method: str
    path: str
    body: Any = None
    key: str | None = None


@dataclass(frozen=True)
class Answer:
    """One answer to the request `id`. `position` and `version` are its headers, where it has them.

    `subject` is the stream that `version` is one of.
    """

    id: str
    outcome: Outcome
    status: int | None = None
    body: str = ""
    position: int | None = None
    version: int | None = None
    subject: str | None = None


@dataclass
class History:
    """All requests of a run by id, and the answers to each in order."""

    requests: dict[str, Request] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))

    def outcomes(self) -> Iterator[tuple[Request, list[Answer]]]:
        for request in self.requests.values():
            yield request, self.answers.get(request.id, [])

    def asked(self, request: Request) -> None:
        self.requests[request.id] = request

    def answered(self, answer: Answer) -> None:
        self.answers[answer.id].append(answer)


class Recorder:
    """A History that is on disk line by line, so that a run that ends early can be judged."""

    def __init__(self, file: Path) -> None:
        self.history = History()
        self._file = file.open("w", buffering=1)

    def asked(self, request: Request) -> None:
        self.history.asked(request)
        self._file.write(json.dumps({"asked": asdict(request)}) + "\n")

    def answered(self, answer: Answer) -> None:
        self.history.answered(answer)
        self._file.write(json.dumps({"answered": asdict(answer)}) + "\n")

    def close(self) -> None:
        self._file.close()


def read(file: Path) -> History:
    """Return the history that a Recorder wrote."""
    history = History()
    for line in file.read_text().splitlines():
        entry = json.loads(line)
        if "asked" in entry:
            history.asked(Request(**entry["asked"]))
        else:
            history.answered(Answer(**entry["answered"]))
    return history
