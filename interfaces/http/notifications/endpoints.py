"""The routes of endpoints: push subscriptions of browsers, and webhooks."""

import asyncio
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from application.channels import DeliveryFailed
from application.command_handler import Receipt
from application.commands.preferences import (
    AddEndpoint,
    PreferencesStream,
    RemoveEndpoint,
    RotateSecret,
    SwitchOnEndpoint,
)
from application.endpoint_views import EndpointView, endpoint_view, endpoint_views
from application.ports.endpoints import EndpointAddress
from domain.errors import DomainError, EndpointNotFound
from domain.preferences import Preferences
from domain.vocabulary import ChannelName, EndpointId
from interfaces.http.notifications.endpoint_bodies import (
    EndpointBody,
    NewPushSubscription,
    NewWebhook,
    PushSubscriptions,
    WebhookBody,
    Webhooks,
    endpoint_body,
    webhook_body,
)
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7


def _new_id(request: AnnalsRequest) -> EndpointId:
    """Return the same id for the same Idempotency-Key, so that its address is stored once."""
    key = header(request.scope, b"idempotency-key")
    if key is None:
        return EndpointId(uuid7())
    return EndpointId(request.parts.names.endpoint_id(request.identity.actor, key))


async def _mine(request: AnnalsRequest) -> Preferences:
    return (await read(request, PreferencesStream(account_id=request.account_id))).state


async def _views(
    request: AnnalsRequest, preferences: Preferences, channel: ChannelName
) -> list[EndpointView]:
    addresses = request.parts.endpoints.addresses
    return list(await endpoint_views(preferences, request.account_id, channel, addresses))


async def _view(
    request: AnnalsRequest, preferences: Preferences, channel: ChannelName, endpoint_id: UUID
) -> EndpointView:
    for view in await _views(request, preferences, channel):
        if view.id == endpoint_id:
            return view
    raise EndpointNotFound(endpoint_id)


async def _add(
    request: AnnalsRequest, channel: ChannelName, url: str, address: str, *secrets: str
) -> tuple[Receipt[Preferences], EndpointView, EndpointAddress]:
    parts, account = request.parts.endpoints, request.account_id
    try:
        host = await asyncio.to_thread(parts.check_url, url)
    except DeliveryFailed as refusal:
        raise HttpProblem("invalid", refusal.reason, field="url") from None
    wanted = EndpointAddress(
        id=_new_id(request), account=account, channel=channel, address=address, secrets=secrets
    )
    # Stored first: an endpoint without an address would be worse than an unused address.
    kept = await parts.addresses.keep(wanted)
    if kept is None:
        raise EndpointNotFound(wanted.id)
    stored = kept.endpoint
    command = AddEndpoint(
        account_id=account, endpoint_id=stored.id, channel=channel, host=host, most=parts.most
    )
    try:
        receipt = await execute(request, command)
    except (DomainError, HttpProblem):
        # Another request with the same key may have added the endpoint in the meantime.
        if kept.inserted and stored.id not in (await _mine(request)).endpoints:
            await parts.addresses.discard(stored.id)
        raise
    endpoint = receipt.state.endpoints.get(stored.id)
    if endpoint is None:
        raise EndpointNotFound(stored.id)
    if not kept.inserted:
        # The request that stored the address may have been refused, and have discarded it.
        kept = await parts.addresses.keep(wanted)
        if kept is None:
            raise EndpointNotFound(stored.id)
        stored = kept.endpoint
    return receipt, endpoint_view(endpoint, stored.address), stored


async def _remove(
    request: AnnalsRequest, channel: ChannelName, endpoint_id: UUID
) -> Receipt[Preferences]:
    endpoint = (await _mine(request)).endpoints.get(EndpointId(endpoint_id))
    if endpoint is not None and endpoint.channel is not channel:
        raise EndpointNotFound(endpoint_id)
    command = RemoveEndpoint(account_id=request.account_id, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    await request.parts.endpoints.addresses.remove(endpoint_id)
    return receipt


async def _push_subscriptions(request: AnnalsRequest, mine: Preferences) -> PushSubscriptions:
    views = await _views(request, mine, ChannelName.WEB_PUSH)
    return PushSubscriptions(
        public_key=request.parts.endpoints.push_key(),
        items=[endpoint_body(view) for view in views],
    )


async def _webhooks(request: AnnalsRequest, mine: Preferences) -> Webhooks:
    views = await _views(request, mine, ChannelName.WEBHOOK)
    return Webhooks(items=[webhook_body(view) for view in views])


@changing(post, "/push-subscriptions", "add_push_subscription", created=True, dto=Body)
async def add_push_subscription(
    data: JSONBody[NewPushSubscription], request: AnnalsRequest
) -> Answer[EndpointBody]:
    """Register a push subscription."""
    address = msgspec.json.encode(data).decode()
    receipt, view, _ = await _add(request, ChannelName.WEB_PUSH, data.endpoint, address)
    location = f"/api/v1/me/push-subscriptions/{view.id}"
    return respond(endpoint_body(view), receipt, status=201, location=location)


@get(
    "/push-subscriptions",
    operation_id="list_push_subscriptions",
    operation_class=Documented,
    responses=problems(*QUERY),
)
async def list_push_subscriptions(request: AnnalsRequest) -> PushSubscriptions:
    """List your push subscriptions, with the public key that a new one needs."""
    return await _push_subscriptions(request, await _mine(request))


@changing(delete, "/push-subscriptions/{endpoint_id:uuid}", "remove_push_subscription")
async def remove_push_subscription(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[PushSubscriptions]:
    """Delete a push subscription."""
    receipt = await _remove(request, ChannelName.WEB_PUSH, endpoint_id)
    return respond(await _push_subscriptions(request, receipt.state), receipt)


@changing(post, "/webhooks", "add_webhook", created=True, dto=Body)
async def add_webhook(data: JSONBody[NewWebhook], request: AnnalsRequest) -> Answer[WebhookBody]:
    """Register a webhook. Store the `secret`: it is not shown again."""
    secret = request.parts.endpoints.new_secret()
    receipt, view, stored = await _add(request, ChannelName.WEBHOOK, data.url, data.url, secret)
    # Shown again to a client that lost the first response, but never a secret of a rotation.
    body = webhook_body(view, secret=None if stored.rotated else stored.secrets[0])
    return respond(body, receipt, status=201, location=f"/api/v1/me/webhooks/{view.id}")


@get(
    "/webhooks",
    operation_id="list_webhooks",
    operation_class=Documented,
    responses=problems(*QUERY),
)
async def list_webhooks(request: AnnalsRequest) -> Webhooks:
    """List your webhooks. One that failed too often is not `on`."""
    return await _webhooks(request, await _mine(request))


@changing(delete, "/webhooks/{endpoint_id:uuid}", "remove_webhook")
async def remove_webhook(endpoint_id: FromPath[UUID], request: AnnalsRequest) -> Answer[Webhooks]:
    """Delete a webhook."""
    receipt = await _remove(request, ChannelName.WEBHOOK, endpoint_id)
    return respond(await _webhooks(request, receipt.state), receipt)


@changing(post, "/webhooks/{endpoint_id:uuid}/rotate", "rotate_webhook_secret")
async def rotate_webhook(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[WebhookBody]:
    """Create a new secret, shown once in the response. For a day both secrets sign."""
    mine = await _mine(request)
    await _view(request, mine, ChannelName.WEBHOOK, endpoint_id)
    command = RotateSecret(account_id=request.account_id, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    secret = None
    if not receipt.replayed:
        secret = request.parts.endpoints.new_secret()
        await request.parts.endpoints.addresses.rotate(endpoint_id, secret)
    view = await _view(request, receipt.state, ChannelName.WEBHOOK, endpoint_id)
    return respond(webhook_body(view, secret=secret), receipt)


@changing(post, "/webhooks/{endpoint_id:uuid}/enable", "enable_webhook")
async def enable_webhook(
    endpoint_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[WebhookBody]:
    """Switch a webhook on again."""
    command = SwitchOnEndpoint(account_id=request.account_id, endpoint_id=EndpointId(endpoint_id))
    receipt = await execute(request, command)
    view = await _view(request, receipt.state, ChannelName.WEBHOOK, endpoint_id)
    return respond(webhook_body(view), receipt)


PUSH_SUBSCRIPTIONS = (add_push_subscription, list_push_subscriptions, remove_push_subscription)
WEBHOOKS = (add_webhook, list_webhooks, remove_webhook, rotate_webhook, enable_webhook)
