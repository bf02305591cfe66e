"""Browsers and programs that are told: push subscriptions and webhooks."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from application.command_handler import Receipt
from application.commands.preferences import (
    AddEndpoint,
    PreferencesStream,
    RemoveEndpoint,
    RotateSecret,
    SwitchOnEndpoint,
)
from domain.errors import EndpointNotFound
from domain.preferences import Preferences
from domain.record import Record
from domain.states.preferences_state import Endpoint
from domain.values.streams import request_stream
from domain.vocabulary import AccountId, ChannelName, EndpointId
from infrastructure.bootstrap import DeliveryFailed, EndpointAddress, new_webhook_secret
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, respond
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7

Url = Annotated[str, Meta(min_length=8, max_length=2048)]


class PushKeys(Record):
    p256dh: Annotated[str, Meta(min_length=80, max_length=100)]
    auth: Annotated[str, Meta(min_length=16, max_length=40)]


class NewPushSubscription(Record):
    """What `pushManager.subscribe` gave your page, as JSON."""

    endpoint: Url
    keys: PushKeys


class NewWebhook(Record, forbid_unknown_fields=True):
    url: Url


class Registered(Record):
    id: EndpointId
    channel: ChannelName
    host: str
    on: bool
    why_off: str
    added_at: datetime


class WebhookBody(Record, omit_defaults=True):
    """`secret` signs what is sent (Standard Webhooks); it is shown once, to whoever made it."""

    id: EndpointId
    host: str
    url: str
    on: bool
    why_off: str
    added_at: datetime
    secret: str | None = None


class PushSubscriptions(Record):
    """`public_key` is what `pushManager.subscribe` takes as applicationServerKey; null when
    there is no web push here."""

    public_key: str | None
    items: Sequence[Registered]


class Webhooks(Record):
    items: Sequence[WebhookBody]


def _registered(endpoint: Endpoint) -> Registered:
    return Registered(
        id=endpoint.id,
        channel=endpoint.channel,
        host=endpoint.host,
        on=endpoint.on,
        why_off=endpoint.why_off,
        added_at=endpoint.added_at,
    )


def _webhook(endpoint: Endpoint, url: str, *, secret: str | None = None) -> WebhookBody:
    return WebhookBody(
        id=endpoint.id,
        host=endpoint.host,
        url=url,
        on=endpoint.on,
        why_off=endpoint.why_off,
        added_at=endpoint.added_at,
        secret=secret,
    )


def _new_id(request: AnnalsRequest) -> EndpointId:
    """Return the same id for the same Idempotency-Key: what is kept of it is kept once."""
    key = header(request.scope, b"idempotency-key")
    if key is None:
        return EndpointId(uuid7())
    return EndpointId(request_stream(f"endpoint of {request.scope['auth'].actor}", key))


async def _add(
    request: AnnalsRequest, channel: ChannelName, url: str, address: str, *secrets: str
) -> tuple[Receipt[Preferences], Endpoint, EndpointAddress]:
    here, account = service(request), request.scope["auth"].account_id
    try:
        host = await asyncio.to_thread(here.outbound.check, url)
    except DeliveryFailed as refusal:
        raise HttpProblem("invalid", refusal.reason, field="url") from None
    wanted = EndpointAddress(
        id=_new_id(request), account=account, channel=channel, address=address, secrets=secrets
    )
    # Kept first: an endpoint that nobody can find would be worse than a row nobody asks for.
    kept = await here.endpoints.keep(wanted)
    command = AddEndpoint(account_id=account, endpoint_id=kept.id, channel=channel, host=host)
    receipt = await execute(request, command)
    endpoint = receipt.state.endpoints.get(kept.id)
    if endpoint is None:
        raise EndpointNotFound(kept.id)
    return receipt, endpoint, kept


async def _mine(request: AnnalsRequest) -> Preferences:
    identity = request.scope["auth"]
    mine = PreferencesStream(account_id=identity.account_id)
    found = await service(request).commands.read(mine, context(request, identity.actor))
    return found.state


def _of(state: Preferences, channel: ChannelName, endpoint_id: UUID) -> Endpoint:
    endpoint = state.endpoints.get(EndpointId(endpoint_id))
    if endpoint is None or endpoint.channel is not channel:
        raise EndpointNotFound(endpoint_id)
    return endpoint


async def _remove(
    request: AnnalsRequest, channel: ChannelName, endpoint_id: UUID
) -> Receipt[Preferences]:
    account: AccountId = request.scope["auth"].account_id
    if endpoint_id in (mine := await _mine(request)).endpoints:
        _of(mine, channel, endpoint_id)
    command = RemoveEndpoint(account_id=account, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    await service(request).endpoints.remove(endpoint_id)
    return receipt


@changing(post, "/push-subscriptions", "add_push_subscription", created=True, dto=Body)
async def add_push_subscription(
    data: JSONBody[NewPushSubscription], request: AnnalsRequest
) -> Answer[Registered]:
    """Have a browser told."""
    address = msgspec.json.encode(data).decode()
    receipt, endpoint, _ = await _add(request, ChannelName.WEB_PUSH, data.endpoint, address)
    location = f"/api/v1/me/push-subscriptions/{endpoint.id}"
    return respond(_registered(endpoint), receipt, status=201, location=location)


@get(
    "/push-subscriptions",
    operation_id="list_push_subscriptions",
    operation_class=Documented,
    responses=problems(*QUERY),
)
async def list_push_subscriptions(request: AnnalsRequest) -> PushSubscriptions:
    """List the browsers that are told, and the key with which another is added."""
    mine = (await _mine(request)).endpoints.values()
    return PushSubscriptions(
        public_key=service(request).push_key,
        items=[_registered(each) for each in mine if each.channel is ChannelName.WEB_PUSH],
    )


@changing(delete, "/push-subscriptions/{endpoint_id:uuid}", "remove_push_subscription")
async def remove_push_subscription(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[PushSubscriptions]:
    """Have a browser told no more."""
    receipt = await _remove(request, ChannelName.WEB_PUSH, endpoint_id)
    mine = receipt.state.endpoints.values()
    body = PushSubscriptions(
        public_key=service(request).push_key,
        items=[_registered(each) for each in mine if each.channel is ChannelName.WEB_PUSH],
    )
    return respond(body, receipt)


@changing(post, "/webhooks", "add_webhook", created=True, dto=Body)
async def add_webhook(data: JSONBody[NewWebhook], request: AnnalsRequest) -> Answer[WebhookBody]:
    """Have a program told, at a URL of yours. Keep the `secret`: it is not shown again."""
    receipt, endpoint, kept = await _add(
        request, ChannelName.WEBHOOK, data.url, data.url, new_webhook_secret()
    )
    body = _webhook(endpoint, kept.address, secret=kept.secrets[0])
    return respond(body, receipt, status=201, location=f"/api/v1/me/webhooks/{endpoint.id}")


@get(
    "/webhooks",
    operation_id="list_webhooks",
    operation_class=Documented,
    responses=problems(*QUERY),
)
async def list_webhooks(request: AnnalsRequest) -> Webhooks:
    """List your webhooks; one that failed too often is not `on`."""
    return await _webhooks(request, await _mine(request))


async def _webhooks(request: AnnalsRequest, mine: Preferences) -> Webhooks:
    known = await service(request).endpoints.of_account(request.scope["auth"].account_id)
    return Webhooks(
        items=[
            _webhook(each, known[each.id].address if each.id in known else "")
            for each in mine.endpoints.values()
            if each.channel is ChannelName.WEBHOOK
        ]
    )


@changing(delete, "/webhooks/{endpoint_id:uuid}", "remove_webhook")
async def remove_webhook(endpoint_id: FromPath[UUID], request: AnnalsRequest) -> Answer[Webhooks]:
    """Have a program told no more."""
    receipt = await _remove(request, ChannelName.WEBHOOK, endpoint_id)
    return respond(await _webhooks(request, receipt.state), receipt)


@changing(post, "/webhooks/{endpoint_id:uuid}/rotate", "rotate_webhook_secret")
async def rotate_webhook(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[WebhookBody]:
    """Sign with a new secret; for a day both sign. The answer shows the new one, once."""
    account: AccountId = request.scope["auth"].account_id
    _of(await _mine(request), ChannelName.WEBHOOK, endpoint_id)
    command = RotateSecret(account_id=account, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    here = service(request).endpoints
    secret = None
    if not receipt.replayed:
        secret = new_webhook_secret()
        await here.rotate(endpoint_id, secret)
    kept = (await here.of_account(account)).get(EndpointId(endpoint_id))
    endpoint = _of(receipt.state, ChannelName.WEBHOOK, endpoint_id)
    return respond(_webhook(endpoint, kept.address if kept else "", secret=secret), receipt)


@changing(post, "/webhooks/{endpoint_id:uuid}/enable", "enable_webhook")
async def enable_webhook(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[WebhookBody]:
    """Switch a webhook on again."""
    account: AccountId = request.scope["auth"].account_id
    command = SwitchOnEndpoint(account_id=account, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    known = await service(request).endpoints.of_account(account)
    endpoint = _of(receipt.state, ChannelName.WEBHOOK, endpoint_id)
    kept = known.get(endpoint.id)
    return respond(_webhook(endpoint, kept.address if kept else ""), receipt)


PUSH_SUBSCRIPTIONS = (add_push_subscription, list_push_subscriptions, remove_push_subscription)
WEBHOOKS = (add_webhook, list_webhooks, remove_webhook, rotate_webhook, enable_webhook)
