"""What follows from the life of an account: mails, and where other mail goes."""

from uuid import UUID

import pytest

from application.commands.notifications import RequestNotification
from application.commands.preferences import AdoptAddress
from application.reactions.account_reactions import AdoptAccountAddress, MailAccountLinks
from application.reactions.security_reactions import NotifyOfSecurity
from application.reactions.security_texts import ENGLISH, TEXTS
from domain.aggregate import State, fold
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountPasswordChanged,
    AccountRegistered,
    AccountVerificationRequested,
)
from domain.events.identity.sessions import PasswordResetRequested, SessionStarted
from domain.events.notifications import NotificationRequested
from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    PreferencesChanged,
)
from domain.events.recorded import AnyEvent
from domain.values.streams import preferences_stream
from domain.vocabulary import PasswordChange, SignInMethod
from tests.support.facts import ADA, history, recorded
from tests.support.scenario import given

pytestmark = pytest.mark.anyio

MINE = preferences_stream(ADA)
OLD, NEW = "ada@annals.example", "lovelace@annals.example"
REGISTERED = AccountRegistered(email=OLD, name="Ada")
VERIFIED = AccountAddressVerified(email=OLD)
WANTED = AccountAddressChangeRequested(email=NEW)
CHANGED = AccountAddressChanged(email=NEW, previous=OLD)
PASSWORD = AccountPasswordChanged(method=PasswordChange.ASKED)
GERMAN = PreferencesChanged(language="de-AT")


class World:
    """What the log has of Ada when a reaction looks."""

    def __init__(self, *account: AnyEvent, preferences: tuple[AnyEvent, ...] = ()) -> None:
        self._streams = {
            ADA: history(*account, stream=ADA),
            MINE: history(*preferences, stream=MINE),
        }

    async def look(self, blank: State, stream_id: UUID) -> State:
        return fold(blank, self._streams.get(stream_id, []))

    async def links(self, event: AnyEvent, stream: UUID = ADA) -> list[NotificationRequested]:
        commands = await MailAccountLinks().commands(recorded(event, stream=stream), self.look)
        return [each.request for each in commands if isinstance(each, RequestNotification)]

    async def told(self, event: AnyEvent, stream: UUID = ADA) -> list[NotificationRequested]:
        commands = await NotifyOfSecurity().commands(recorded(event, stream=stream), self.look)
        assert len({each.stream_id for each in commands}) == len(commands)
        return [each.request for each in commands if isinstance(each, RequestNotification)]


def where(told: list[NotificationRequested]) -> list[tuple[str, str | None]]:
    return [(str(request.channel), request.address) for request in told]


async def test_who_registers_gets_a_link_unless_the_address_is_known() -> None:
    [mail] = await World(REGISTERED).links(REGISTERED)
    assert (mail.kind, mail.address, mail.link_id) == ("verify_account", OLD, ADA)
    assert await World(REGISTERED, VERIFIED).links(REGISTERED) == []


async def test_another_link_is_sent_to_the_address_that_is_to_be_proved() -> None:
    [mail] = await World(REGISTERED).links(AccountVerificationRequested(email=OLD))
    assert mail.address == OLD
    [mail] = await World(REGISTERED, VERIFIED, WANTED).links(WANTED)
    assert mail.address == NEW
    assert await World(REGISTERED, VERIFIED, WANTED, CHANGED).links(WANTED) == []


async def test_a_forgotten_password_leads_to_a_mail_only_of_an_account_that_can_be_used() -> None:
    reset, forgot = UUID(int=0x9E), PasswordResetRequested(account_id=ADA)
    [mail] = await World(REGISTERED).links(forgot, reset)
    assert (mail.kind, mail.address, mail.link_id) == ("password_reset", OLD, reset)
    assert mail.account_id == ADA
    disabled = World(REGISTERED, AccountDisabled(reason=""))
    deleted = World(REGISTERED, AccountDeleted())
    assert await disabled.links(forgot, reset) == await deleted.links(forgot, reset) == []
    assert await World().links(PasswordResetRequested(account_id=None), reset) == []


async def test_mail_goes_to_the_verified_address_of_the_account() -> None:
    [command] = await AdoptAccountAddress().commands(recorded(VERIFIED, stream=ADA), World().look)
    adopt = AdoptAddress(account_id=ADA, address=OLD)
    assert command == adopt
    given_, proved = AddressGiven(account_id=ADA, address=OLD), AddressVerified(address=OLD)
    given().when(adopt).then(given_, proved)
    given(given_).when(adopt).then(proved)
    given(given_, proved).when(adopt).then_nothing()


async def test_mail_follows_the_account_to_its_new_address() -> None:
    [command] = await AdoptAccountAddress().commands(recorded(CHANGED, stream=ADA), World().look)
    given_, proved = AddressGiven(account_id=ADA, address=OLD), AddressVerified(address=OLD)
    given(given_, proved).when(command).then(
        AddressGiven(account_id=ADA, address=NEW), AddressVerified(address=NEW)
    )


async def test_an_address_that_was_chosen_for_mail_stays_and_so_does_none() -> None:
    adopt = AdoptAddress(account_id=ADA, address=NEW, previous=OLD)
    given(AddressGiven(account_id=ADA, address="work@annals.example")).when(adopt).then_nothing()
    given(
        AddressGiven(account_id=ADA, address=OLD), AddressGiven(account_id=ADA, address=None)
    ).when(adopt).then_nothing()


async def test_a_person_is_told_in_the_inbox_and_by_mail_to_the_verified_address() -> None:
    assert where(await World(REGISTERED, VERIFIED).told(PASSWORD)) == [
        ("in_app", None),
        ("email", OLD),
    ]
    assert where(await World(REGISTERED).told(PASSWORD)) == [("in_app", None)]


async def test_nobody_can_switch_off_what_is_told_of_the_account() -> None:
    off = PreferencesChanged(in_app=False, email=False)
    told = await World(REGISTERED, VERIFIED, preferences=(off,)).told(PASSWORD)
    assert where(told) == [("in_app", None), ("email", OLD)]


async def test_a_change_of_the_address_is_told_to_the_old_one_too() -> None:
    told = await World(REGISTERED, CHANGED).told(CHANGED)
    assert where(told) == [("in_app", None), ("email", NEW), ("email", OLD)]


async def test_a_sign_in_is_told_when_the_device_is_new() -> None:
    world, session = World(REGISTERED, VERIFIED), UUID(int=0x5E)
    started = SessionStarted(
        account_id=ADA, method=SignInMethod.PASSWORD, device="Firefox on Linux", address="5f"
    )
    assert await world.told(started, session) == []
    new = SessionStarted(
        account_id=ADA,
        method=SignInMethod.PASSWORD,
        device="Firefox on Linux",
        address="5f",
        new_device=True,
    )
    inbox, mail = await world.told(new, session)
    assert mail.account_id == inbox.account_id == ADA
    assert "Firefox on Linux" in mail.text


async def test_a_deleted_account_gets_a_mail_and_no_inbox_entry() -> None:
    deleted = World(REGISTERED, VERIFIED, AccountDeleted())
    assert where(await deleted.told(AccountDeleted())) == [("email", OLD)]


async def test_what_is_told_is_in_the_language_of_the_person() -> None:
    [english, _] = await World(REGISTERED, VERIFIED).told(PASSWORD)
    [german, _] = await World(REGISTERED, VERIFIED, preferences=(GERMAN,)).told(PASSWORD)
    assert english.title == "Your password was changed"
    assert german.title == "Dein Passwort wurde geändert"


def test_every_language_tells_everything() -> None:
    for texts in TEXTS.values():
        assert texts.keys() == ENGLISH.keys()
