"""Who owns an address, and what it takes to change it."""

from datetime import timedelta

from application.commands.identity.accounts import DeleteAccount, RegisterAccount
from application.commands.identity.addresses import (
    ConfirmAddress,
    RequestAddress,
    RequestVerification,
)
from domain.errors import (
    AccountIsDisabled,
    AccountNotFound,
    AddressIsVerified,
    Conflict,
    EmailTaken,
    Invalid,
    LinkExpired,
)
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountRegistered,
    AccountVerificationRequested,
    EmailClaimed,
    EmailReleased,
)
from domain.identity.account import Account
from domain.values.streams import StreamNames
from tests.support.facts import ADA, BOB, EIGHT, context
from tests.support.scenario import given

NAMES = StreamNames(secret=b"of this installation")
OLD, NEW = "ada@annals.example", "lovelace@annals.example"
OLD_STREAM, NEW_STREAM = NAMES.address_stream(OLD), NAMES.address_stream(NEW)
REGISTERED = AccountRegistered(email=OLD, name="Ada")
VERIFIED = AccountAddressVerified(email=OLD)
WANTED = AccountAddressChangeRequested(email=NEW)
MINE, FREE = EmailClaimed(account_id=ADA), EmailReleased(account_id=ADA)
HIS = EmailClaimed(account_id=BOB)


def confirm(email: str, *, previous: str = OLD) -> ConfirmAddress:
    return ConfirmAddress(
        account_id=ADA,
        email=email,
        address_stream=NAMES.address_stream(email),
        previous=previous,
        previous_stream=NAMES.address_stream(previous),
    )


DELETE = DeleteAccount(account_id=ADA, email=OLD, address_stream=OLD_STREAM)
REGISTER = RegisterAccount(account_id=ADA, email=OLD, name="Ada", address_stream=OLD_STREAM)


def test_an_address_that_was_released_can_be_claimed_again() -> None:
    free = given().and_in(OLD_STREAM, HIS, EmailReleased(account_id=BOB))
    free.when(REGISTER).then(REGISTERED, also={OLD_STREAM: [MINE]})
    given().and_in(OLD_STREAM, HIS).when(REGISTER).then_refused(EmailTaken)


def test_an_account_whose_address_is_known_to_be_read_is_verified_from_the_start() -> None:
    known = RegisterAccount(
        account_id=ADA, email=OLD, name="Ada", address_stream=OLD_STREAM, verified=True
    )
    given().when(known).then(REGISTERED, VERIFIED, also={OLD_STREAM: [MINE]})


def test_a_link_to_the_address_of_the_account_verifies_it_once() -> None:
    registered = given(REGISTERED).and_in(OLD_STREAM, MINE)
    registered.when(confirm(OLD)).then(VERIFIED)
    given(REGISTERED, VERIFIED).and_in(OLD_STREAM, MINE).when(confirm(OLD)).then_nothing()


def test_another_mail_is_sent_until_the_address_is_verified() -> None:
    again = RequestVerification(account_id=ADA)
    given(REGISTERED).when(again).then(AccountVerificationRequested(email=OLD))
    given(REGISTERED, VERIFIED).when(again).then_refused(AddressIsVerified)
    given(REGISTERED, VERIFIED, WANTED).when(again).then(WANTED)


def test_an_address_changes_only_with_the_link_to_it() -> None:
    ask = RequestAddress(account_id=ADA, email=NEW)
    given(REGISTERED).when(ask).then(WANTED)
    asked = given(REGISTERED, WANTED).and_in(OLD_STREAM, MINE)
    asked.when(confirm(NEW)).then(
        AccountAddressChanged(email=NEW, previous=OLD),
        also={NEW_STREAM: [MINE], OLD_STREAM: [FREE]},
    )


def test_an_address_that_another_account_claimed_meanwhile_is_not_taken_from_it() -> None:
    asked = given(REGISTERED, WANTED).and_in(OLD_STREAM, MINE).and_in(NEW_STREAM, HIS)
    asked.when(confirm(NEW)).then_refused(EmailTaken)
    state = given(REGISTERED, WANTED).state(Account(), ADA)
    assert isinstance(state, Account)
    lost = confirm(NEW).decision(state, context())
    assert isinstance(lost.if_taken[NEW_STREAM], EmailTaken)


def test_a_link_that_was_used_changes_nothing_again() -> None:
    changed = AccountAddressChanged(email=NEW, previous=OLD)
    done = given(REGISTERED, WANTED, changed).and_in(NEW_STREAM, MINE)
    done.when(confirm(NEW, previous=NEW)).then_nothing()


def test_a_link_to_an_address_that_is_no_longer_wanted_is_refused() -> None:
    other = AccountAddressChangeRequested(email="countess@annals.example")
    given(REGISTERED, WANTED, other).when(confirm(NEW)).then_refused(LinkExpired)
    back = AccountAddressChangeRequested(email=OLD)
    given(REGISTERED, WANTED, back).when(confirm(NEW)).then_refused(LinkExpired)
    given(REGISTERED).when(confirm("stranger@annals.example")).then_refused(LinkExpired)


def test_a_link_is_decided_on_the_address_that_the_account_has_now() -> None:
    changed = AccountAddressChanged(email="countess@annals.example", previous=OLD)
    given(REGISTERED, changed, WANTED).when(confirm(NEW)).then_refused(LinkExpired)


def test_asking_for_the_present_address_withdraws_an_earlier_wish() -> None:
    back = RequestAddress(account_id=ADA, email="Ada@Annals.example")
    given(REGISTERED).when(back).then_nothing()
    asked = AccountAddressChangeRequested(email="Ada@Annals.example")
    given(REGISTERED, WANTED).when(back).then(asked)


def test_an_address_that_looks_like_another_is_refused() -> None:
    ask = RequestAddress(account_id=ADA, email="\u0430d\u0430@annals.example")
    given(REGISTERED).when(ask).then_refused(Invalid)


def test_a_disabled_account_keeps_its_address() -> None:
    disabled = AccountDisabled(reason="")
    past = given(REGISTERED, WANTED, disabled).and_in(OLD_STREAM, MINE)
    past.when(confirm(NEW)).then_refused(AccountIsDisabled)
    past.when(RequestAddress(account_id=ADA, email=NEW)).then_refused(AccountIsDisabled)
    past.when(RequestVerification(account_id=ADA)).then_refused(AccountIsDisabled)


def test_a_deleted_account_gives_its_address_back_and_is_gone() -> None:
    given(REGISTERED).and_in(OLD_STREAM, MINE).when(DELETE).then(
        AccountDeleted(), also={OLD_STREAM: [FREE]}
    )
    gone = given(REGISTERED, AccountDeleted()).and_in(OLD_STREAM, MINE, FREE, HIS)
    for command in (DELETE, confirm(OLD), RequestAddress(account_id=ADA, email=NEW)):
        gone.when(command).then_refused(AccountNotFound)


def test_a_deletion_that_meets_a_change_of_the_address_is_decided_again() -> None:
    changed = AccountAddressChanged(email=NEW, previous=OLD)
    late = EIGHT + timedelta(hours=1)
    given(REGISTERED, WANTED).and_at(late, changed).when(DELETE).then_refused(Conflict)
