"""Builds the delivery of a notification: its address, its facts and its links."""

from datetime import UTC, datetime, timedelta

from application.channels import Delivery, Facts
from application.ports.endpoints import UnsubscribeLink, VerifyAddressLink
from application.ports.limits import Presence
from domain.events.notifications import NotificationRequested
from domain.identity.account import Account
from domain.notification import Notification
from domain.preferences import Preferences
from domain.recurrence.local_time import local_text
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import ChannelName, Topic
from infrastructure.delivery import account_mail
from infrastructure.delivery.account_mail import ACCOUNT_MAIL
from infrastructure.delivery.endpoints import SealedEndpointAddresses
from infrastructure.delivery.plan import Deliver, Suppress
from infrastructure.delivery.signed_links import HmacSignedLinks
from infrastructure.postgres.queries import QueryRunner
from projections.views.reminders.notifications import in_digest

VERIFY = "verify_email"
DIGEST = "digest"
LINK_LIFE = timedelta(hours=48)  # in which an address must be confirmed


class DeliveryBuilder:
    def __init__(
        self,
        query_runner: QueryRunner,
        endpoints: SealedEndpointAddresses,
        links: HmacSignedLinks,
        presence: Presence,
        *,
        base_url: str,
        task_link: str | None,
    ) -> None:
        """Links to the API begin with `base_url`; `task_link` is the URL of a task's page, with
        `{id}` for the task, if there are such pages."""
        self._query_runner = query_runner
        self._endpoints = endpoints
        self._links = links
        self._presence = presence
        self._base_url = base_url
        self._task_link = task_link

    async def build(
        self,
        notification: Notification,
        request: NotificationRequested,
        preferences: Preferences,
        account: Account,
    ) -> Deliver | Suppress:
        """Return the delivery, or why nothing is to be delivered any more.

        Raises:
            Unavailable: the database cannot be reached.
        """
        if why := account_mail.objection(request, account):
            return Suppress(why=why)
        if request.kind in ACCOUNT_MAIL:
            pass  # nobody switches it off
        elif request.kind == VERIFY:
            if request.address != preferences.address or preferences.address_verified:
                return Suppress(why=DeliveryReason.ADDRESS_CHANGED)
        elif objection := preferences.objection(request.channel, request.endpoint_id):
            return Suppress(why=objection)
        elif preferences.only_offline(request.channel) and await self._presence.is_online(
            request.account_id
        ):
            return Suppress(why=DeliveryReason.ONLINE)
        address, secrets = await self._address(request, preferences)
        if address is None or notification.id is None:
            return Suppress(why=DeliveryReason.ENDPOINT_REMOVED)
        delivery = Delivery(
            notification_id=notification.id,
            channel=request.channel,
            address=address,
            secrets=secrets,
            kind=str(request.kind),
            language=preferences.language,
            facts=await self._facts(notification, request, preferences),
            occurred_at=request.occurred_at,
            unsubscribe_url=self._unsubscribe_url(request),
        )
        return Deliver(delivery=delivery)

    async def _address(
        self, request: NotificationRequested, preferences: Preferences
    ) -> tuple[str | None, tuple[str, ...]]:
        """Return the address, None if there is none, and the secrets that sign the delivery."""
        if request.kind in ACCOUNT_MAIL:
            return request.address, ()
        if request.endpoint_id is None:
            return preferences.address, ()
        endpoint = await self._endpoints.find(request.endpoint_id)
        return (endpoint.address, endpoint.secrets) if endpoint else (None, ())

    async def _facts(
        self, notification: Notification, request: NotificationRequested, preferences: Preferences
    ) -> Facts:
        facts: Facts = {"title": request.title}
        if request.text:
            facts["text"] = request.text
        if request.due_at is not None:
            facts["due_at"] = request.due_at.isoformat().replace("+00:00", "Z")
            facts["due_local"] = local_text(request.due_at, preferences.timezone)
        elif request.due_on is not None:
            facts["due_on"] = facts["due_local"] = request.due_on.isoformat()
        if request.task_id is not None:
            facts["task_id"] = str(request.task_id)
            if self._task_link is not None and request.kind != Topic.TASK_DELETED:
                facts["url"] = self._task_link.replace("{id}", facts["task_id"])
        if request.reminder_id is not None:
            facts["reminder_id"] = str(request.reminder_id)
        if url := account_mail.link_of(request, links=self._links, base_url=self._base_url):
            facts["url"] = url
        if request.kind == VERIFY and request.address is not None:
            facts["url"] = self._verification_url(notification, request, request.address)
        if request.kind == DIGEST and notification.id is not None:
            rows = await self._query_runner.run(in_digest, notification.id)
            facts["count"] = str(len(rows))
            facts["text"] = "\n\n".join(row.title for row in rows)
        return facts

    def _verification_url(
        self, notification: Notification, request: NotificationRequested, address: str
    ) -> str:
        until = (notification.requested_at or datetime.now(UTC)) + LINK_LIFE
        link = VerifyAddressLink(account_id=request.account_id, address=address, until=until)
        return f"{self._base_url}/api/v1/confirm/{self._links.write(link)}"

    def _unsubscribe_url(self, request: NotificationRequested) -> str | None:
        if request.channel is not ChannelName.EMAIL or request.kind in {VERIFY, *ACCOUNT_MAIL}:
            return None
        link = UnsubscribeLink(account_id=request.account_id, channel=request.channel)
        return f"{self._base_url}/api/v1/unsubscribe/{self._links.write(link)}"
