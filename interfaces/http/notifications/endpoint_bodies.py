"""The bodies of push subscriptions and webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from application.endpoint_views import EndpointView
from domain.record import Record
from domain.vocabulary import ChannelName, EndpointId

Url = Annotated[str, Meta(min_length=8, max_length=2048)]


class PushKeys(Record):
    p256dh: Annotated[str, Meta(min_length=80, max_length=100)]
    auth: Annotated[str, Meta(min_length=16, max_length=40)]


class NewPushSubscription(Record):
    """The result of `pushManager.subscribe` in the browser, as JSON."""

    endpoint: Url
    keys: PushKeys


class NewWebhook(Record, forbid_unknown_fields=True):
    url: Url


class EndpointBody(Record):
    id: UUID
    channel: ChannelName
    host: str
    on: bool
    why_off: str
    added_at: datetime


class WebhookBody(Record, omit_defaults=True):
    """`secret` signs deliveries (Standard Webhooks). It is shown once, when it is created."""

    id: EndpointId
    host: str
    url: str
    on: bool
    why_off: str
    added_at: datetime
    secret: str | None = None


class PushSubscriptions(Record):
    """`public_key` is the applicationServerKey for `pushManager.subscribe`; null if web push is
    not set up."""

    public_key: str | None
    items: Sequence[EndpointBody]


class Webhooks(Record):
    items: Sequence[WebhookBody]


def endpoint_body(view: EndpointView) -> EndpointBody:
    return msgspec.convert(view, EndpointBody, from_attributes=True)


def webhook_body(view: EndpointView, *, secret: str | None = None) -> WebhookBody:
    body = msgspec.convert(view, WebhookBody, from_attributes=True)
    return msgspec.structs.replace(body, secret=secret) if secret else body
