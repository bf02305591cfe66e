"""The webhook channel: a signed request to a URL of the user, as Standard Webhooks define."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from application.channels import Delivery, DeliveryFailed
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.status_policy import require_success


def new_secret() -> str:
    """Return a new secret as receivers' libraries accept it: `whsec_…`, 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookChannel:
    """Posts `{"type", "timestamp", "data"}` as JSON.

    The header webhook-id is the id of the notification, by which a receiver recognises a
    repetition. During a rotation there are two signatures.
    """

    name: ClassVar[str] = "webhook"

    def __init__(
        self, outbound: Outbound, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._outbound = outbound
        self._now = now

    def deliver(self, delivery: Delivery) -> None:
        body = _body(delivery)
        headers = {"content-type": "application/json"} | self._signatures(delivery, body)
        response = self._outbound.post(delivery.address, body, headers)
        require_success(response, who="The receiver")

    def _signatures(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        message_id = str(delivery.notification_id)
        attempted_at = self._now().replace(microsecond=0)  # receivers refuse old timestamps
        try:
            signatures = [
                Webhook(secret).sign(message_id, attempted_at, body.decode())
                for secret in delivery.secrets
            ]
        except (EmptyWebhookSecretError, ValueError):
            signatures = []
        if not signatures:
            raise DeliveryFailed("The webhook has no secret to sign with.", permanent=True)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(attempted_at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _body(delivery: Delivery) -> bytes:
    data = {"notification_id": str(delivery.notification_id), **delivery.facts}
    return msgspec.json.encode(
        {"type": delivery.kind, "timestamp": delivery.occurred_at, "data": data}
    )
