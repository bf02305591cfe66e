"""Reads what was published, from the first message on and in order."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from domain.record import Record
from infrastructure.relaying.producer import CLIENT_LOG


class Received(Record):
    """A message as a consumer sees it: `ce` has the attributes without their prefix."""

    topic: str
    partition: int
    key: str
    ce: dict[str, str]
    data: dict[str, Any]

    @property
    def position(self) -> int:
        return int(self.ce["sequence"])


class Reading:
    """All messages of some topics, read by assignment: no group has to form first."""

    def __init__(self, bootstrap_servers: str, topics: Iterable[str]) -> None:
        self.received: list[Received] = []
        self._topics = list(topics)
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "tests",
                "enable.auto.commit": False,
            },
            logger=CLIENT_LOG,
        )
        deadline = time.monotonic() + 60
        there = self._consumer.list_topics(timeout=60).topics
        while not there.keys() >= set(self._topics):
            assert time.monotonic() < deadline, f"there is no {set(self._topics) - there.keys()}"
            there = self._consumer.list_topics(timeout=60).topics
        self._consumer.assign(
            [
                TopicPartition(topic, partition, OFFSET_BEGINNING)
                for topic in self._topics
                for partition in there[topic].partitions
            ]
        )

    def until(
        self, enough: Callable[[Sequence[Received]], object], *, within: float = 30.0
    ) -> Sequence[Received]:
        """Read on until there is enough; return all that was received so far."""
        deadline = time.monotonic() + within
        while not enough(self.received):
            assert time.monotonic() < deadline, f"only {len(self.received)} messages in {within} s"
            self.read(0.05)
        return self.received

    def read(self, seconds: float) -> Sequence[Received]:
        """Take in what comes within so many seconds."""
        for message in self._consumer.consume(5_000, timeout=seconds):
            if message.error() is None:
                self.received.append(_received(message))
        return self.received

    def close(self) -> None:
        self._consumer.close()


def first_of_each(messages: Iterable[Received]) -> list[Received]:
    """Return what a consumer keeps that has seen an id before or not."""
    seen: dict[str, Received] = {}
    for message in messages:
        seen.setdefault(message.ce["id"], message)
    return list(seen.values())


def positions_by_key(messages: Iterable[Received]) -> dict[tuple[str, str], list[int]]:
    """Return the log positions in the order of arrival, by topic and key."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for message in messages:
        found[message.topic, message.key].append(message.position)
    return found


def _received(message: Message) -> Received:
    headers: dict[str, bytes] = dict(message.headers() or ())  # type: ignore[arg-type]
    return Received(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        key=bytes(message.key() or b"").decode(),
        ce={
            name.removeprefix("ce_"): value.decode()
            for name, value in headers.items()
            if name.startswith("ce_")
        },
        data=msgspec.json.decode(message.value() or b""),
    )
