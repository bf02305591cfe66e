"""How a notification leaves the house: one delivery, to one person, over one channel."""

from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from msgspec import field

from domain.record import Record


class Delivery(Record):
    """All that a channel needs to know; it looks nothing up.

    Delivering the same one again must look the same to the receiver: `notification_id` is how
    they know it for a second copy, and `occurred_at` never moves.
    """

    notification_id: UUID
    channel: str
    address: str  # an email address, a push subscription as JSON, or the URL of a webhook
    kind: str  # "reminder", "task.completed", "verify_email", …; an unknown one reads as "notice"
    language: str  # "en", "de", "de-AT", …; one without templates reads as English
    occurred_at: datetime
    facts: dict[str, str] = field(default_factory=dict)  # title, due_local, url, …
    secrets: tuple[str, ...] = ()  # that sign a webhook, the newest first; two while they rotate
    unsubscribe_url: str | None = None


class DeliveryFailed(Exception):
    """The receiver did not take it. `reason` is a sentence that may be shown to the person.

    permanent: trying again would fail again.
    retry_after: seconds the receiver asks us to wait; None when it did not say.
    gone: the address itself is no more and need not be tried again, for any notification.
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
        """Return once the receiver has taken it.

        Raises:
            DeliveryFailed: it has not, or went silent before saying so. In the second case it may
                have been taken all the same, so a repetition can arrive twice, never not at all.
        """
        ...
