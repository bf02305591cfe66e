"""How a notification is sent: one delivery, to one address, over one channel."""

from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from msgspec import field

from domain.record import Record


class Delivery(Record):
    """Everything a channel needs; it looks nothing up.

    A repeated delivery must look the same to the receiver, which recognizes the copy by its
    `notification_id`; `occurred_at` never changes.
    """

    notification_id: UUID
    channel: str
    address: str  # an email address, a push subscription as JSON, or the URL of a webhook
    kind: str  # "reminder", "task.completed", "verify_email", …; others use the text of "notice"
    language: str  # "en", "de", "de-AT", …; languages without templates use English
    occurred_at: datetime
    facts: dict[str, str] = field(default_factory=dict)  # title, due_local, url, …
    secrets: tuple[str, ...] = ()  # sign a webhook, the newest first; two during a rotation
    unsubscribe_url: str | None = None


class DeliveryFailed(Exception):
    """The receiver did not accept a delivery. `reason` is a sentence to show to its owner.

    permanent: another attempt would fail, too.
    retry_after: seconds the receiver asks to wait; None: it does not say.
    gone: the address no longer exists, for any notification.
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
    """Carries deliveries. Safe to use from several threads at once."""

    name: ClassVar[str]

    def deliver(self, delivery: Delivery) -> None:
        """Return once the receiver has accepted it.

        Raises:
            DeliveryFailed: it did not, or did not answer. In the second case it may have accepted
                it all the same: a retry can arrive twice, and nothing is lost.
        """
        ...
