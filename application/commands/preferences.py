"""Requests to change the notification preferences of an account."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, Stream
from application.policy import may_access
from domain.errors import AccountNotFound
from domain.events.preferences import PreferencesChanged
from domain.preferences import Preferences
from domain.values.email_address import acceptable_address
from domain.values.streams import preferences_stream
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId


class PreferencesStream(Stream[Preferences]):
    """The stream of the preferences of one account."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return preferences_stream(self.account_id)

    def initial(self) -> Preferences:
        return Preferences()

    def authorize(self, state: Preferences, context: Context) -> None:
        if not may_access(self.account_id, context):
            raise AccountNotFound(self.account_id)


class PreferencesCommand(PreferencesStream, Command[Preferences]):
    """A request to change the preferences of one account."""


class ChangePreferences(PreferencesCommand):
    """Change the preferences that are set, and the `address` if `readdress` is true."""

    wanted: PreferencesChanged = PreferencesChanged()
    readdress: bool = False
    address: str | None = None

    def decide(self, state: Preferences, context: Context) -> Events:
        changed = state.change(self.wanted)
        if not self.readdress:
            return changed
        address = None if self.address is None else acceptable_address("address", self.address)
        return [*changed, *state.give_address(self.account_id, address)]


class VerifyAddress(PreferencesCommand):
    address: str

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.verify_address(self.address)


class AdoptAddress(PreferencesCommand):
    """Send mail to the address that the account has verified, unless another one was chosen."""

    address: str
    previous: str | None = None

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.adopt_address(self.account_id, self.address, self.previous)


class EndpointCommand(PreferencesCommand):
    endpoint_id: EndpointId


class AddEndpoint(EndpointCommand):
    commutes: ClassVar[bool] = True

    channel: ChannelName
    host: str
    most: int  # endpoints of this channel that the account may have

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.add_endpoint(
            self.account_id, self.endpoint_id, self.channel, self.host, most=self.most
        )


class RemoveEndpoint(EndpointCommand):
    commutes: ClassVar[bool] = True

    why: str = "asked"

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.remove_endpoint(self.endpoint_id, self.why)


class RotateSecret(EndpointCommand):
    def decide(self, state: Preferences, context: Context) -> Events:
        return state.rotate_secret(self.endpoint_id)


class SwitchOnEndpoint(EndpointCommand):
    def decide(self, state: Preferences, context: Context) -> Events:
        return state.switch_on(self.endpoint_id)


class NoteGivenUp(EndpointCommand):
    notification_id: NotificationId
    why: str

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.note_given_up(self.endpoint_id, self.notification_id, self.why)


class NoteTaken(EndpointCommand):
    def decide(self, state: Preferences, context: Context) -> Events:
        return state.note_taken(self.endpoint_id)


class NoteGone(EndpointCommand):
    why: str

    def decide(self, state: Preferences, context: Context) -> Events:
        return state.note_gone(self.endpoint_id, self.why)
