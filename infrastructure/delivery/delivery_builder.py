"""What exactly is delivered, and where to: the notification as its channel needs it."""

from datetime import UTC, datetime, timedelta

from application.channels import Delivery
from application.ports.endpoints import UnsubscribeLink, VerifyAddressLink
from domain.events.notifications import NotificationRequested
from domain.notification import Notification
from domain.preferences import Preferences
from domain.recurrence.local_time import wall_clock, zone
from domain.vocabulary import ChannelName, Topic
from infrastructure.delivery import endpoints
from infrastructure.delivery.signed_links import SignedLinks
from infrastructure.postgres.queries import QueryRunner
from projections.views.notifications import in_digest

VERIFY = "verify_email"
DIGEST = "digest"
LINK_LIFE = timedelta(hours=48)  # in which an address must be confirmed


class DeliveryBuilder:
    """`address` is where people reach us, for the links; `task_link` where they see a task, with
    its `{id}` to be filled in."""

    def __init__(
        self, questions: QueryRunner, links: SignedLinks, *, base_url: str, task_link: str | None
    ) -> None:
        self._questions = questions
        self._links = links
        self._base_url = base_url
        self._task_link = task_link

    async def build(
        self, told: Notification, request: NotificationRequested, preferences: Preferences
    ) -> Delivery | str:
        """Return what to deliver, or why nothing is to be delivered any more."""
        if request.kind == VERIFY:
            if request.address != preferences.address or preferences.address_verified:
                return "the address changed or is verified already"
        elif objection := preferences.objection(request.channel, request.endpoint_id):
            return objection
        address, secrets = await self._address(request, preferences)
        if address is None or told.id is None:
            return "there is no address any more"
        facts = await self._facts(told, request, preferences)
        return Delivery(
            notification_id=told.id,
            channel=request.channel,
            address=address,
            secrets=secrets,
            kind=str(request.kind),
            language=preferences.language,
            facts=facts,
            occurred_at=request.occurred_at,
            unsubscribe_url=self._unsubscribe(request),
        )

    async def _address(
        self, request: NotificationRequested, preferences: Preferences
    ) -> tuple[str | None, tuple[str, ...]]:
        """Return where it goes, and the secrets that sign it."""
        if request.endpoint_id is None:
            return preferences.address, ()
        found = await self._questions.run(endpoints.find, request.endpoint_id)
        return (found.address, found.secrets) if found else (None, ())

    async def _facts(
        self, told: Notification, request: NotificationRequested, preferences: Preferences
    ) -> dict[str, str]:
        facts = {"title": request.title}
        if request.text:
            facts["text"] = request.text
        if request.due_at is not None:
            facts["due_at"] = request.due_at.isoformat().replace("+00:00", "Z")
            facts["due_local"] = _local(request.due_at, preferences.timezone)
        if request.task_id is not None:
            facts["task_id"] = str(request.task_id)
            if self._task_link is not None and request.kind != Topic.TASK_DELETED:
                facts["url"] = self._task_link.replace("{id}", facts["task_id"])
        if request.reminder_id is not None:
            facts["reminder_id"] = str(request.reminder_id)
        if request.kind == VERIFY and request.address is not None:
            until = (told.requested_at or datetime.now(UTC)) + LINK_LIFE
            what = VerifyAddressLink(
                account_id=request.account_id, address=request.address, until=until
            )
            facts["url"] = f"{self._base_url}/api/v1/confirm/{self._links.write(what)}"
        if request.kind == DIGEST and told.id is not None:
            rows = await self._questions.run(in_digest, told.id)
            facts["count"] = str(len(rows))
            facts["text"] = "\n\n".join(row.title for row in rows)
        return facts

    def _unsubscribe(self, request: NotificationRequested) -> str | None:
        if request.channel is not ChannelName.EMAIL or request.kind == VERIFY:
            return None
        what = UnsubscribeLink(account_id=request.account_id, channel=request.channel)
        return f"{self._base_url}/api/v1/unsubscribe/{self._links.write(what)}"


def _local(instant: datetime, timezone: str) -> str:
    return f"{wall_clock(instant, zone(timezone)):%Y-%m-%d %H:%M} ({timezone})"
