"""Compares what was answered, shown, told and sent with the log: each difference is a violation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

from tests.history import own_fold
from tests.history.own_fold import Fact, Row
from tests.history.own_ids import correlation_id
from tests.history.record import Answer, History, Request

# The fact by which a request of each kind has succeeded, where it changed anything.
MAIN_FACT = {
    "create": "task.created",
    "change": "task.updated",
    "reschedule": "task.rescheduled",
    "tag": "task.tagged",
    "untag": "task.untagged",
    "complete": "task.completed",
    "reopen": "task.reopened",
    "delete": "task.deleted",
    "restore": "task.restored",
    "remind": "reminder.set",
    "snooze": "reminder.snoozed",
    "cancel": "reminder.cancelled",
    "recur": "series.started",
    "end": "series.ended",
    "skip": "task.skipped",
    "unskip": "task.unskipped",
}
ALWAYS_CHANGES = {"create", "remind"}
FOLDS: dict[str, Callable[[Iterable[Fact]], dict[str, Row]]] = {
    "task_list": own_fold.task_list,
    "due_reminders": own_fold.due_reminders,
    "history": own_fold.history,
}
TOLD = ("task.", "series.", "reminder.")  # what listeners and Kafka are told of
# Consecutive ones of one task and kind may be told as the last of them.
MERGEABLE = ("task.updated", "task.rescheduled")


class Violation(NamedTuple):
    check: str
    words: str


@dataclass
class ViewTable:
    """The rows of a view, by the name that the fold gives them, and how far it had come."""

    position: int
    rows: dict[str, Row]


@dataclass
class Heard:
    """What a listener was told: the positions in order, beginning beyond `since`.

    A resync, at its place in the order, is None followed by where to go on from.
    """

    account: str
    since: int
    positions: list[int | None] = field(default_factory=list)


class Loss(NamedTuple):
    """What a primary had recorded and the standby that was promoted had not: exactly this was lost.

    Its positions lie up to `start`, where the new history begins. Where commits wait for the
    standby, nothing of it may have been acknowledged; it may have been seen.
    """

    facts: Sequence[Fact]
    start: int
    synchronous: bool


@dataclass
class Evidence:
    """All that a run has left behind. `secret` is the installation's.

    `exports` are positions by account, in order.
    `kafka` are (topic, key, position) in order of arrival, or None where there is no broker;
    `received` are the ids of the messages that the webhook got, `received_before` those of them
    that it got before the log was read.
    """

    facts: Sequence[Fact]
    secret: bytes
    views: dict[str, ViewTable] = field(default_factory=dict)
    heard: Sequence[Heard] = ()
    exports: dict[str, list[int]] = field(default_factory=dict)
    kafka: Sequence[tuple[str, str, int]] | None = None
    received: Sequence[str] | None = None
    received_before: Sequence[str] = ()
    losses: Sequence[Loss] = ()

    @cached_property
    def gone(self) -> set[int]:
        """The positions that were lost in a failover, and may have been seen before."""
        return {fact.position for loss in self.losses for fact in loss.facts}

    @cached_property
    def forgiven(self) -> set[int]:
        """Of these, the positions that may have been acknowledged."""
        asynchronous = (loss for loss in self.losses if not loss.synchronous)
        return {fact.position for loss in asynchronous for fact in loss.facts}


def check(history: History, evidence: Evidence) -> list[Violation]:
    """Return everything that is not as it must be."""
    return [
        *_log(evidence.facts),
        *_losses(evidence),
        *_answers(history, evidence),
        *_views(evidence),
        *_listeners(evidence),
        *_exports(evidence),
        *_kafka(evidence),
        *_webhooks(evidence),
    ]


def lost_answers(history: History, evidence: Evidence) -> int:
    """Return how many answers were lost with a primary whose standby lacked what they answered."""
    return sum(
        answer.outcome == "ok" and answer.position in evidence.forgiven
        for _, answers in history.outcomes()
        for answer in answers
    )


CHECKS = (
    "acknowledged is recorded",
    "nothing is recorded twice",
    "refused is not recorded",
    "whole or not at all",
    "one key, one answer",
    "no answer is a 500",
    "versions are contiguous",
    "streams are in order",
    "positions are given once",
    "views are the fold of the log",
    "listeners hear each once, in order",
    "exports are complete",
    "Kafka has each, in order",
    "webhooks received what was sent",
)


def _log(facts: Sequence[Fact]) -> Iterator[Violation]:
    streams: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        streams[fact.stream].append(fact)
    for stream, of_stream in streams.items():
        by_version = sorted(of_stream, key=lambda fact: fact.version)
        versions = [fact.version for fact in by_version]
        if versions != list(range(1, len(versions) + 1)):
            yield Violation("versions are contiguous", f"{stream} has {versions}")
        positions = [fact.position for fact in by_version]
        if positions != sorted(positions):
            yield Violation("streams are in order", f"{stream} has positions {positions}")


def _losses(evidence: Evidence) -> Iterator[Violation]:
    given = {fact.position for fact in evidence.facts}
    for loss in evidence.losses:
        for fact in loss.facts:
            if fact.position in given:
                yield Violation(
                    "positions are given once", f"{fact.position} was lost, and is given again"
                )
            if fact.position > loss.start:
                yield Violation(
                    "positions are given once",
                    f"{fact.position} was lost, and the new history begins at {loss.start}",
                )


def _answers(history: History, evidence: Evidence) -> Iterator[Violation]:
    facts = evidence.facts
    caused: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        caused[fact.state["correlation_id"], fact.state["actor"]].append(fact)
    places = {(fact.stream, fact.version) for fact in facts}
    positions = {fact.position for fact in facts}
    for request, answers in history.outcomes():
        cause = correlation_id(evidence.secret, request.account, request.id)
        topics = Counter(fact.topic for fact in caused[cause, request.account])
        # What was lost with a primary is as if it had not been answered.
        kept = [a for a in answers if a.outcome != "ok" or a.position not in evidence.forgiven]
        yield from _answer(request, kept, topics)
        for answer in answers:
            if answer.status == 500:
                yield Violation("no answer is a 500", f"{request.kind} {request.id}: {answer.body}")
        for answer in kept:
            if answer.outcome != "ok":
                continue
            lost = answer.position is not None and answer.position not in positions
            place = (answer.subject or "", answer.version or 0)
            if lost or (answer.subject and answer.version and place not in places):
                yield Violation(
                    "acknowledged is recorded",
                    f"{request.kind} {request.id} was answered {answer.status} with position"
                    f" {answer.position} and version {answer.version} of {answer.subject}",
                )


def _answer(
    request: Request, answers: Sequence[Answer], topics: Counter[str]
) -> Iterator[Violation]:
    words = f"{request.kind} {request.id}"
    outcomes = {answer.outcome for answer in answers}
    main = topics[MAIN_FACT[request.kind]]
    if main > 1:
        yield Violation("nothing is recorded twice", f"{words} recorded {dict(topics)}")
    if "ok" in outcomes and request.kind in ALWAYS_CHANGES and not main:
        yield Violation("acknowledged is recorded", f"{words} recorded {dict(topics)}")
    if outcomes == {"fail"} and topics:
        yield Violation("refused is not recorded", f"{words} recorded {dict(topics)}")
    keyed = topics["request.answered"]
    if request.key and (main > keyed or (request.kind in ALWAYS_CHANGES and main != keyed)):
        yield Violation("whole or not at all", f"{words} recorded {dict(topics)}")
    given = {(a.status, a.body, a.version) for a in answers if a.outcome == "ok"}
    if request.key and len(given) > 1:
        yield Violation("one key, one answer", f"{words} was answered {sorted(map(str, given))}")


def _views(evidence: Evidence) -> Iterator[Violation]:
    end = max((fact.position for fact in evidence.facts), default=0)
    for name, view in evidence.views.items():
        wanted = FOLDS[name](fact for fact in evidence.facts if fact.position <= view.position)
        for key in sorted(wanted.keys() | view.rows.keys()):
            if not _agrees(view.rows.get(key), wanted.get(key)):
                yield Violation(
                    "views are the fold of the log",
                    f"{name} at {view.position} shows {view.rows.get(key)}"
                    f" instead of {wanted.get(key)}",
                )
        if view.position < end:
            yield Violation(
                "views are the fold of the log", f"{name} stays at {view.position} of {end}"
            )


def _agrees(shown: Any, wanted: Any) -> bool:
    """Return whether a row has every field the fold knows of, with its value."""
    if isinstance(shown, dict) and isinstance(wanted, dict):
        return all(name in shown and _agrees(shown[name], wanted[name]) for name in wanted)
    return bool(shown == wanted)


def told(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Return what each account is to be told, in order."""
    owners: dict[str, str] = {}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(facts):
        owner = owners.setdefault(fact.stream, fact.event.get("owner", ""))
        if owner and fact.topic.startswith(TOLD):
            found[owner].append(fact)
    return found


def _listeners(evidence: Evidence) -> Iterator[Violation]:
    wanted_by = told(evidence.facts)
    known = {fact.position for fact in evidence.facts}

    def wrong(heard: Heard, words: str) -> Violation:
        return Violation("listeners hear each once, in order", f"{heard.account} {words}")

    for heard in evidence.heard:
        wanted, skipped = wanted_by[heard.account], [(0, heard.since)]
        last, got, resumed = heard.since, set[int](), False
        lost: int | None = None
        for position in heard.positions:
            if position is None:
                resumed = True
            elif resumed:
                # All up to there is read again. What was heard last may have been lost.
                skipped.append((max(got & known, default=heard.since), position))
                last, resumed, lost = position, False, None
            elif position <= last:
                yield wrong(heard, f"heard {position} after {last}")
            else:
                if position not in known:
                    lost = position
                    if position not in evidence.gone:
                        yield wrong(heard, f"heard {position}, which is not in the log")
                got.add(position)
                last = position
        if lost is not None:
            yield wrong(heard, f"heard {lost}, which was lost, and was not told to begin anew")
        for fact, after in zip_longest(wanted, wanted[1:]):
            merged = (
                fact.topic in MERGEABLE
                and after is not None
                and (after.topic, after.stream) == (fact.topic, fact.stream)
            )
            if fact.position in got or merged:
                continue
            if not any(low < fact.position <= high for low, high in skipped):
                yield wrong(heard, f"never heard {fact.topic} at {fact.position}")


def _exports(evidence: Evidence) -> Iterator[Violation]:
    entries = own_fold.history(evidence.facts)
    wanted_by = told(evidence.facts)
    for account, positions in evidence.exports.items():
        if positions != sorted(set(positions)):
            yield Violation(
                "exports are complete", f"{account} is given some twice or out of order"
            )
        wanted = {fact.position for fact in wanted_by[account]}
        for position in sorted(wanted - set(positions)):
            yield Violation("exports are complete", f"{account} lacks {position}")
        for position in positions:
            if str(position) not in entries:
                yield Violation("exports are complete", f"{account} has {position}, not in the log")


def _kafka(evidence: Evidence) -> Iterator[Violation]:
    if evidence.kafka is None:
        return
    first: dict[tuple[str, str], list[int]] = defaultdict(list)
    seen: set[int] = set()
    for topic, key, position in evidence.kafka:
        if position not in seen:
            seen.add(position)
            first[topic, key].append(position)
    for place, positions in first.items():
        if positions != sorted(positions):
            yield Violation("Kafka has each, in order", f"{place} has another order")
    wanted = {fact.position for facts in told(evidence.facts).values() for fact in facts}
    for position in sorted(wanted - seen):
        yield Violation("Kafka has each, in order", f"Kafka lacks {position}")
    for position in sorted(seen - {fact.position for fact in evidence.facts} - evidence.gone):
        yield Violation("Kafka has each, in order", f"Kafka has {position}, not in the log")


def _webhooks(evidence: Evidence) -> Iterator[Violation]:
    if evidence.received is None:
        return
    requested = _webhook_requests(evidence.facts)
    lost = {stream for loss in evidence.losses for stream in _webhook_requests(loss.facts)}
    sent = {fact.stream for fact in evidence.facts if fact.topic == "notification.sent"}
    received = set(evidence.received)
    for stream in sorted(sent & requested - received):
        yield Violation("webhooks received what was sent", f"{stream} was sent and not received")
    for stream in sorted(set(evidence.received_before) - requested - lost):
        yield Violation("webhooks received what was sent", f"{stream} was never requested")
    causes = Counter(
        (fact.event["reminder_id"], fact.event.get("due_at"))
        for fact in evidence.facts
        if fact.stream in requested
        and fact.topic == "notification.requested"
        and fact.event.get("reminder_id")
    )
    for cause, count in causes.items():
        if count > 1:
            yield Violation("webhooks received what was sent", f"{cause} is told {count} times")


def _webhook_requests(facts: Iterable[Fact]) -> set[str]:
    return {
        fact.stream
        for fact in facts
        if fact.topic == "notification.requested" and fact.event["channel"] == "webhook"
    }
