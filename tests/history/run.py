"""One run: a tree, people, faults, and at the end the judgement."""

import asyncio
import random
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.history.checker import CHECKS, Evidence, Heard, Violation, check, lost_answers, told
from tests.history.evidence import log_and_views, positions_of_export, published, settle
from tests.history.failovers import ReplicatedDatabase, replicated_database
from tests.history.faults import Faults
from tests.history.load import Client, listen
from tests.history.own_ids import secret_of
from tests.history.record import History, Recorder
from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.servers.channel_servers import Receiver, receiver
from tests.support.servers.ports import free_port

PEOPLE = 6
READY_SECONDS = 60
HEARD_SECONDS = 30


class Report(NamedTuple):
    """What happened in a run, and what was wrong."""

    seed: int
    history: History
    faults: Counter[str]
    endings: list[str]  # the log of PostgreSQL each time that it ended by itself
    events: int
    violations: list[Violation]

    def __str__(self) -> str:
        outcomes: Counter[tuple[str, str]] = Counter()
        for request, answers in self.history.outcomes():
            last = answers[-1].outcome if answers else "unknown"
            outcomes[request.kind, last] += 1
        lines = [f"seed {self.seed}", "", f"{'request':<12}{'ok':>8}{'fail':>8}{'unknown':>9}"]
        for kind in sorted({kind for kind, _ in outcomes}):
            counts = [outcomes[kind, word] for word in ("ok", "fail", "unknown")]
            lines.append(f"{kind:<12}{counts[0]:>8,}{counts[1]:>8,}{counts[2]:>9,}")
        lines += ["", f"{self.events:,} events in the log", ""]
        lines += [f"{name:<40}{count:>5,}" for name, count in sorted(self.faults.items())]
        lines += ["", "violations"]
        found = Counter(violation.check for violation in self.violations)
        lines += [f"{name:<38}{found[name]:>5,}" for name in CHECKS]
        lines += [f"  {name}: {words[:600]}" for name, words in self.violations[:20]]
        for ending in self.endings:
            lines += ["", "PostgreSQL ended by itself:", ending]
        return "\n".join(lines)


@dataclass
class Chaos:
    """A run of `seconds` with `seed`; the history goes into `folder`, which must be there."""

    seconds: float
    seed: int
    folder: Path

    async def run(self) -> Report:
        """Do all of it; return what was found."""
        with ExitStack() as stack:
            folder = stack.enter_context(data_folder())
            hook = stack.enter_context(receiver())
            database = await asyncio.to_thread(stack.enter_context, replicated_database())
            tree = stack.enter_context(
                dev_process(
                    folder,
                    port=free_port(),
                    database_url=database.address,
                    migrate_database_url=database.cluster.primary.url,
                    log_level="warning",
                    webhook_allowed_networks="127.0.0.0/8",
                    retry_seconds="1",
                    sweep_seconds="4",
                )
            )
            return await self._run(tree, database, hook)

    async def _run(self, tree: DevProcess, database: ReplicatedDatabase, hook: Receiver) -> Report:
        recorder = Recorder(self.folder / f"history-{self.seed}.jsonl")
        people = [
            Client(tree.address, f"person{n}", recorder, random.Random(f"{self.seed} person {n}"))
            for n in range(PEOPLE)
        ]
        for person in people:
            await person.join()
            await _add_webhook(person, hook)
        heard = [Heard(person.account, 0) for person in people]
        finished = asyncio.Event()
        done = asyncio.Event()
        listening = [
            asyncio.create_task(listen(person, each, finished.is_set))
            for person, each in zip(people, heard, strict=True)
        ]
        while not all(each.since for each in heard):  # noqa: ASYNC110 - they say so by and by
            await asyncio.sleep(0.05)
        working = [asyncio.create_task(person.work(done)) for person in people]
        faults = Faults(tree, database, random.Random(f"{self.seed} faults"))
        await faults.rage(self.seconds)
        done.set()
        await asyncio.gather(*working)
        await faults.end()
        await _ready(people[0])
        evidence = await self._evidence(tree, database, people, heard, hook)
        finished.set()
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        recorder.close()
        violations = check(recorder.history, evidence)
        faults.done["acknowledged, then lost with a primary"] = lost_answers(
            recorder.history, evidence
        )
        return Report(
            self.seed,
            recorder.history,
            faults.done,
            database.endings,
            len(evidence.facts),
            violations,
        )

    async def _evidence(
        self,
        tree: DevProcess,
        database: ReplicatedDatabase,
        people: list[Client],
        heard: list[Heard],
        hook: Receiver,
    ) -> Evidence:
        await asyncio.to_thread(settle, database.address)
        before = _message_ids(hook)
        facts, views = await asyncio.to_thread(log_and_views, database.address)
        end = max(fact.position for fact in facts)
        exports = {}
        for person in people:
            headers = {"Annals-Min-Position": str(end)}
            answer = await person.http.get(
                "/audit/export", params={"format": "ndjson"}, headers=headers
            )
            answer.raise_for_status()
            positions = positions_of_export(answer.text.splitlines())
            exports[person.account] = [each for each in positions if each <= end]
        wanted = told(facts)
        await _all_heard(heard, {who: each[-1].position for who, each in wanted.items()})
        # Copies: the listeners go on, and hear of reminders that ring after the log was read.
        heard = [
            Heard(each.account, each.since, [p for p in each.positions if p is None or p <= end])
            for each in heard
        ]
        server = f"127.0.0.1:{tree.port_of('kafka')}"
        kafka = await asyncio.to_thread(
            published, server, {fact.position for each in wanted.values() for fact in each}
        )
        return Evidence(
            facts,
            secret_of(tree.folder),
            views,
            heard,
            exports,
            kafka=[message for message in kafka if message[2] <= end],
            received=_message_ids(hook),
            received_before=before,
            losses=database.losses,
        )


async def _add_webhook(person: Client, hook: Receiver) -> None:
    added = await person.http.post("/me/webhooks", json={"url": hook.url("/hook")})
    added.raise_for_status()
    (await person.http.put("/me/notifications", json={"webhook": True})).raise_for_status()


def _message_ids(hook: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in list(hook.requests)]


async def _ready(person: Client) -> None:
    """Return once the API answers again, with a token that is good."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    while True:
        try:
            await person.log_in()
        except httpx.HTTPError:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return


async def _all_heard(heard: list[Heard], ends: dict[str, int]) -> None:
    """Return once each has heard the last it is to hear, or in vain; the checker says which."""
    deadline = asyncio.get_running_loop().time() + HEARD_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        last = {each.account: max([each.since, *filter(None, each.positions)]) for each in heard}
        if all(last[who] >= end for who, end in ends.items() if who in last):
            return
        await asyncio.sleep(0.1)
