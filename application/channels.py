"""Channels carry a notification to a person: by e-mail, web push or webhook."""

from datetime import datetime
from typing import ClassVar, Protocol, TypedDict
from uuid import UUID

from domain.record import Record


class Facts(TypedDict, total=False):
    """What a notification is about: the contract between those that build deliveries and the
    texts of the channels. A webhook gets all of it as it is."""

    title: str  # of the task; always there, but a template must not fail without the others
    text: str  # a body; of a digest: the titles of its notifications, separated by blank lines
    due_at: str  # when the task or reminder is due, RFC 3339 in UTC
    due_on: str  # the day on which the task is due: "2026-03-08"
    due_local: str  # either for people, in their time zone: "2026-03-08 09:00 (Europe/Berlin)"
    task_id: str  # UUID
    reminder_id: str  # UUID
    url: str  # the page of the task, or the link that verifies an address or sets a new password
    count: str  # of a digest: how many notifications it has


class Delivery(Record):
    """A notification as its channel gets it: complete, so the channel looks nothing up.

    A repeated delivery is the same for the receiver, who recognises it by `notification_id`;
    `occurred_at` is the time of the event, not of the attempt.
    """

    notification_id: UUID
    channel: str
    address: str  # an email address, a push subscription as JSON, or the URL of a webhook
    kind: str  # "reminder", "task.completed", "verify_email", …; unknown kinds read as "notice"
    language: str  # "en", "de", "de-AT", …; languages without templates read as English
    occurred_at: datetime
    facts: Facts
    secrets: tuple[str, ...] = ()  # sign a webhook; newest first, two during a rotation
    unsubscribe_url: str | None = None


class DeliveryFailed(Exception):
    """The receiver did not accept the delivery. `reason` is a sentence fit for the person.

    permanent: another attempt would fail as well.
    retry_after: seconds the receiver asks us to wait; None if it did not say.
    gone: the address no longer exists, so no notification can be delivered to it.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.gone = gone


class Channel(Protocol):
    """Carries deliveries. Thread-safe."""

    name: ClassVar[str]

    def deliver(self, delivery: Delivery) -> None:
        """Return once the receiver has accepted the delivery.

        Raises:
            DeliveryFailed: the receiver refused it or did not answer. Without an answer it may
                have been accepted all the same, so a repetition may arrive twice.
        """
        ...
