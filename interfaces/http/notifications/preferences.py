"""How you are told: channels, topics, quiet hours, and the address for mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from application.commands.preferences import ChangePreferences, PreferencesStream
from domain.events.preferences import PreferencesChanged
from domain.preferences import Preferences
from domain.record import Record
from domain.vocabulary import ChannelName, Email, Topic
from interfaces.http.notifications.endpoints import PUSH_SUBSCRIPTIONS, WEBHOOKS
from interfaces.http.openapi.documentation import QUERY, VERSIONED, Documented, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, respond
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

TimeOfDay = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="Such as 22:00")
]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", max_length=35)]
Zone = Annotated[str, Meta(max_length=60, description="An IANA name, such as Europe/Berlin")]


class QuietHoursBody(Record, forbid_unknown_fields=True):
    start: TimeOfDay
    end: TimeOfDay


class PreferencesPatch(Record, forbid_unknown_fields=True):
    """What is given changes; what is left out stays as it is. Mail goes to `address` once you
    followed the link that is sent there; null ends mail. Quiet hours hold mail and web push
    back, and then deliver them or, with `digest`, tell of them all at once; null ends them."""

    in_app: bool | UnsetType = UNSET
    email: bool | UnsetType = UNSET
    web_push: bool | UnsetType = UNSET
    webhook: bool | UnsetType = UNSET
    address: Email | UnsetType | None = UNSET
    topics: tuple[Topic, ...] | UnsetType = UNSET
    quiet_hours: QuietHoursBody | UnsetType | None = UNSET
    digest: bool | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class EndpointBody(Record):
    id: UUID
    channel: ChannelName
    host: str
    on: bool
    why_off: str
    added_at: datetime


class PreferencesBody(Record):
    in_app: bool
    email: bool
    web_push: bool
    webhook: bool
    address: str | None
    address_verified: bool
    topics: Sequence[Topic]
    quiet_hours: QuietHoursBody | None
    digest: bool
    timezone: str
    language: str
    endpoints: Sequence[EndpointBody]
    version: int


def body_of(preferences: Preferences) -> PreferencesBody:
    quiet = None
    if preferences.quiet_from is not None and preferences.quiet_until is not None:
        quiet = QuietHoursBody(start=preferences.quiet_from, end=preferences.quiet_until)
    return PreferencesBody(
        in_app=preferences.in_app,
        email=preferences.email,
        web_push=preferences.web_push,
        webhook=preferences.webhook,
        address=preferences.address,
        address_verified=preferences.address_verified,
        topics=preferences.topics,
        quiet_hours=quiet,
        digest=preferences.digest,
        timezone=preferences.timezone,
        language=preferences.language,
        endpoints=[
            EndpointBody(
                id=endpoint.id,
                channel=endpoint.channel,
                host=endpoint.host,
                on=endpoint.on,
                why_off=endpoint.why_off,
                added_at=endpoint.added_at,
            )
            for endpoint in preferences.endpoints.values()
        ],
        version=preferences.version,
    )


@get(
    "/notifications",
    operation_id="get_notification_preferences",
    operation_class=Documented,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_preferences(request: AnnalsRequest) -> Answer[PreferencesBody]:
    """Say how you are told."""
    identity = request.scope["auth"]
    mine = PreferencesStream(account_id=identity.account_id)
    found = await service(request).commands.read(mine, context(request, identity.actor))
    return respond(body_of(found.state), found)


@changing(put, "/notifications", "change_notification_preferences", dto=Body)
async def change_preferences(
    data: JSONBody[PreferencesPatch], request: AnnalsRequest
) -> Answer[PreferencesBody]:
    """Say how you wish to be told."""
    given = asdict(data)
    address, quiet = given.pop("address"), given.pop("quiet_hours")
    if quiet is not UNSET:
        if quiet is not None and quiet.start == quiet.end:
            raise HttpProblem(
                "invalid", "Quiet hours cannot end when they start.", field="quiet_hours.end"
            )
        given["quiet_from"] = quiet and quiet.start
        given["quiet_until"] = quiet and quiet.end
    if given["topics"] is not UNSET:
        given["topics"] = tuple(dict.fromkeys(given["topics"]))
    command = ChangePreferences(
        account_id=request.scope["auth"].account_id,
        wanted=PreferencesChanged(**given),
        readdress=address is not UNSET,
        address=None if address is UNSET else address,
    )
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


ME = Router(
    "/me",
    route_handlers=[get_preferences, change_preferences, *PUSH_SUBSCRIPTIONS, *WEBHOOKS],
    before_request=check_request,
    tags=["Notifications"],
    security=[{"bearer": []}],
)
