"""Writes one stored sample of each event that has none yet: `python -m tests.golden.samples`.

A sample is written once and never again. When an event gets a new field, add a second
sample by hand beside the first, as `task.created.2.json`.
"""

from pathlib import Path

import msgspec

from domain.events import (
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
    AnyEvent,
    EmailClaimed,
    RequestAnswered,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.vocabulary import Priority, Role
from infrastructure.mapper import RecordMapper
from tests.facts import ADA, NINE, TASK, recorded

FOLDER = Path(__file__).parent

SAMPLES: tuple[AnyEvent, ...] = (
    TaskCreated(
        owner=ADA,
        title="Water the plants",
        description="All of them.",
        priority=Priority.HIGH,
        tags=("home", "green"),
        due_at=NINE,
    ),
    TaskUpdated(title="Water them", description="", priority=Priority.LOW),
    TaskTagged(tags=("home",)),
    TaskUntagged(tags=("home", "green")),
    TaskRescheduled(due_at=NINE),
    TaskCompleted(),
    TaskReopened(),
    TaskDeleted(),
    TaskRestored(),
    AccountRegistered(email="ada@annals.example", name="Ada"),
    AccountRoleGranted(role=Role.AUDITOR),
    AccountRoleRevoked(role=Role.AUDITOR),
    EmailClaimed(account_id=ADA),
    RequestAnswered(fingerprint="9f86d081884c7d65", subject=TASK, version=3),
)


def main() -> None:
    for sample in SAMPLES:
        stored = RecordMapper().to_stored_event(recorded(sample))
        path = FOLDER / f"{stored.topic}.1.json"
        if not path.exists():
            path.write_bytes(msgspec.json.format(stored.state) + b"\n")


if __name__ == "__main__":
    main()
