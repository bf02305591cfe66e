"""A delivery to start from."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from application.channels import Delivery

REMINDER = Delivery(
    notification_id=UUID("0190f5f1-7d7e-7e3a-9f2b-0123456789ab"),
    channel="email",
    address="ada@example.org",
    kind="reminder",
    language="en",
    occurred_at=datetime(2026, 3, 7, 14, 0, tzinfo=UTC),
    facts={
        "title": "Water the plants",
        "due_local": "Sunday, 8 March 2026, 09:00",
        "url": "https://annals.example/tasks/1",
    },
    unsubscribe_url="https://annals.example/unsubscribe?token=abc",
)


def reminder(*, title: str = "Water the plants", **changes: Any) -> Delivery:
    return replace(REMINDER, facts=REMINDER.facts | {"title": title}, **changes)
