"""The routes of notification preferences: channels, topics, quiet hours and the mail address."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Router, get, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from application.commands.preferences import ChangePreferences, PreferencesStream
from application.endpoint_views import endpoint_view
from domain.events.preferences import PreferencesChanged
from domain.preferences import Preferences
from domain.record import Record
from domain.reminders.of_series import MAX_OF_SERIES
from domain.vocabulary import ChannelName, Email, Topic, When
from interfaces.http.notifications.endpoint_bodies import EndpointBody, endpoint_body
from interfaces.http.notifications.endpoints import PUSH_SUBSCRIPTIONS, WEBHOOKS
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.values import Zone

TimeOfDay = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="Such as 22:00")
]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", max_length=35)]

DefaultReminders = Annotated[
    tuple[Annotated[str, Meta(max_length=120)], ...],
    Meta(
        max_length=MAX_OF_SERIES,
        description="Durations before a task is due: PT0S when it is due, P1D a day before",
        examples=[["PT0S"], ["P1D", "PT15M"], []],
    ),
]


class QuietHoursBody(Record, forbid_unknown_fields=True):
    start: TimeOfDay
    end: TimeOfDay


class ChannelUse(Record, forbid_unknown_fields=True):
    """The channel is on; with `offline` it is used while no stream or socket of yours is open."""

    when: When


class PreferencesPatch(Record, forbid_unknown_fields=True):
    """Fields that are given change; the others stay as they are. Mail is sent to `address` once
    the link in a first mail there was opened; null ends mail. During quiet hours mail and web
    push wait; afterwards they are delivered one by one or, with `digest`, as one message; null
    ends quiet hours. `default_reminders` are set for every task that gets a due date from now
    on; an empty list switches them off. Reminders of a task that is due on a day (`due_on`) count
    back from `day_starts_at`, a time of day in `timezone`. Reminders that are set already keep
    their time when you change it or the zone. `email` and `web_push` are true (always), false, or
    `{"when": "offline"}`: only while no page of yours is open."""

    in_app: bool | UnsetType = UNSET
    email: bool | ChannelUse | UnsetType = UNSET
    web_push: bool | ChannelUse | UnsetType = UNSET
    webhook: bool | UnsetType = UNSET
    address: Email | UnsetType | None = UNSET
    topics: tuple[Topic, ...] | UnsetType = UNSET
    quiet_hours: QuietHoursBody | UnsetType | None = UNSET
    digest: bool | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    default_reminders: DefaultReminders | UnsetType = UNSET
    day_starts_at: TimeOfDay | UnsetType = UNSET


class PreferencesBody(Record):
    in_app: bool
    email: bool | ChannelUse
    web_push: bool | ChannelUse
    webhook: bool
    address: str | None
    address_verified: bool
    topics: Sequence[Topic]
    quiet_hours: QuietHoursBody | None
    digest: bool
    timezone: str
    language: str
    default_reminders: Sequence[str]
    day_starts_at: str
    endpoints: Sequence[EndpointBody]
    version: int


def _use(preferences: Preferences, channel: ChannelName) -> bool | ChannelUse:
    on = preferences.is_on(channel)
    return ChannelUse(when=When.OFFLINE) if on and preferences.only_offline(channel) else on


def _given_use(name: str, use: bool | ChannelUse) -> dict[str, Any]:
    """Return the fields of the event for what a request says of one channel."""
    if isinstance(use, ChannelUse):
        return {name: True, f"{name}_when": use.when}
    return {name: True, f"{name}_when": When.ALWAYS} if use else {name: False}


def body_of(preferences: Preferences) -> PreferencesBody:
    quiet = None
    if preferences.quiet_from is not None and preferences.quiet_until is not None:
        quiet = QuietHoursBody(start=preferences.quiet_from, end=preferences.quiet_until)
    return PreferencesBody(
        in_app=preferences.in_app,
        email=_use(preferences, ChannelName.EMAIL),
        web_push=_use(preferences, ChannelName.WEB_PUSH),
        webhook=preferences.webhook,
        address=preferences.address,
        address_verified=preferences.address_verified,
        topics=preferences.topics,
        quiet_hours=quiet,
        digest=preferences.digest,
        timezone=preferences.timezone,
        language=preferences.language,
        default_reminders=preferences.default_reminders,
        day_starts_at=preferences.day_starts_at,
        endpoints=[
            endpoint_body(endpoint_view(endpoint)) for endpoint in preferences.endpoints.values()
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
    """Get your notification preferences."""
    found = await read(request, PreferencesStream(account_id=request.account_id))
    return respond(body_of(found.state), found)


@changing(put, "/notifications", "change_notification_preferences", dto=Body)
async def change_preferences(
    data: JSONBody[PreferencesPatch], request: AnnalsRequest
) -> Answer[PreferencesBody]:
    """Update your notification preferences."""
    given = asdict(data)
    address, quiet = given.pop("address"), given.pop("quiet_hours")
    if quiet is not UNSET:
        if quiet is not None and quiet.start == quiet.end:
            raise HttpProblem(
                "invalid", "Quiet hours cannot end at the time they start.", field="quiet_hours.end"
            )
        given["quiet_from"] = quiet and quiet.start
        given["quiet_until"] = quiet and quiet.end
    for name in ("email", "web_push"):
        if given[name] is not UNSET:
            given |= _given_use(name, given[name])
    if given["topics"] is not UNSET:
        given["topics"] = tuple(dict.fromkeys(given["topics"]))
    command = ChangePreferences(
        account_id=request.account_id,
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
)
