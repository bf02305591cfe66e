"""Every process of a household, each with a port for metrics, and what it tells there."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.support.api import Person
from tests.support.processes.dev_process import environment
from tests.support.processes.process_cluster import ProcessCluster
from tests.support.servers.ports import free_port, free_ports
from tests.support.waiting import until


class MetricsCluster:
    """`address` is that of the API that `serve` answers at, `ports` are those for metrics."""

    def __init__(self, cluster: ProcessCluster) -> None:
        self.cluster = cluster
        self.ports: dict[str, int] = {}
        self.address = ""

    def start(self, verb: str, variables: Mapping[str, str], **settings: str) -> None:
        self.ports[verb] = free_ports(1)
        given: dict[str, str] = {
            **self.cluster.settings,
            "keys_dir": str(self.cluster.folder / "keys"),
            "metrics_port": str(self.ports[verb]),
            **settings,
        }
        with (self.cluster.folder / f"{verb}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli", verb],
                env={**environment(**given), **variables},
                stdout=output,
                stderr=output,
            )
        self.cluster.processes.append((verb, process))

    async def ask(self, verb: str, path: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.get(f"http://127.0.0.1:{self.ports[verb]}{path}")

    async def samples(self, verb: str) -> list[Sample]:
        text = (await self.ask(verb, "/metrics")).text
        return [s for family in text_string_to_metric_families(text) for s in family.samples]

    async def sample(self, verb: str, what: str, /, **labels: str) -> float | None:
        """The value of one sample, None when there is no such one."""
        return next(
            (
                sample.value
                for sample in await self.samples(verb)
                if sample.name == what and labels.items() <= sample.labels.items()
            ),
            None,
        )

    async def until_sample(self, value: float, verb: str, what: str, /, **labels: str) -> None:
        async def there() -> bool:
            return await self.sample(verb, what, **labels) == value

        await until(there, within=60)

    async def until_any(self, verb: str, what: str, /, **labels: str) -> None:
        """Wait until the sample is more than 0."""

        async def there() -> bool:
            return bool(await self.sample(verb, what, **labels))

        await until(there, within=60)

    async def ready(self, verb: str) -> bool:
        try:
            return (await self.ask(verb, "/health/ready")).status_code == 200
        except httpx.TransportError:
            return False

    @asynccontextmanager
    async def as_served(self, person: Person) -> AsyncIterator[Person]:
        """The same person, asking the process `serve`."""
        async with httpx.AsyncClient(base_url=f"{self.address}/api/v1", timeout=10) as http:
            yield Person(http, person.tokens)


@asynccontextmanager
async def metrics_cluster(
    cluster: ProcessCluster, *verbs: str, variables: Mapping[str, str] = {}, **settings: str
) -> AsyncIterator[MetricsCluster]:
    """Run these verbs, with more variables than ours, until all of them are ready."""
    monitored = MetricsCluster(cluster)
    port = free_port()
    monitored.address = f"http://127.0.0.1:{port}"
    for verb in verbs:
        monitored.start(verb, variables, port=port, **settings)
    for verb in verbs:

        async def ready(verb: str = verb) -> bool:
            running = all(process.poll() is None for process in cluster.running(verb))
            assert running, cluster.log_text(verb)
            return await monitored.ready(verb)

        await until(ready, within=90)
    yield monitored


def types_of(text: str) -> dict[str, str]:
    """Name and type of every family, as the exposition says."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
