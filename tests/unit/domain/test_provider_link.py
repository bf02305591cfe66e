"""What links of logins at providers decide."""

from uuid import UUID

import pytest

from application.commands.identity.accounts import DeleteAccount
from application.commands.identity.providers import (
    LinkProvider,
    RegisterWithProvider,
    UnlinkProvider,
)
from domain.errors import (
    AccountIsDisabled,
    AccountNotFound,
    AddressNotProved,
    EmailTaken,
    ProviderIsLinked,
    ProviderLinkTaken,
)
from domain.events.identity.accounts import (
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountProviderLinked,
    AccountProviderUnlinked,
    AccountRegistered,
    EmailClaimed,
    EmailReleased,
    OidcLinked,
    OidcUnlinked,
)
from domain.values.streams import StreamNames
from tests.support.facts import ADA, BOB
from tests.support.scenario import Facts, given

ISSUER = "https://id.example.org"
NAMES = StreamNames(secret=b"of this installation")
NAME = NAMES.provider_stream(ISSUER, "ada")
EMAIL = "ada@annals.example"
ADDRESS = NAMES.address_stream(EMAIL)

REGISTERED = AccountRegistered(email=EMAIL, name="Ada")
VERIFIED = AccountAddressVerified(email=EMAIL)
LINKED = AccountProviderLinked(link_id=NAME, issuer=ISSUER)
UNLINKED = AccountProviderUnlinked(link_id=NAME, issuer=ISSUER)
HERS = OidcLinked(account_id=ADA, issuer=ISSUER)
HIS = OidcLinked(account_id=BOB, issuer=ISSUER)

LINK = LinkProvider(account_id=ADA, link_id=NAME, issuer=ISSUER)
UNLINK = UnlinkProvider(account_id=ADA, link_id=NAME)
REGISTER = RegisterWithProvider(
    account_id=ADA, email=EMAIL, name="Ada", address_stream=ADDRESS, link_id=NAME, issuer=ISSUER
)


def by_address(address: str) -> LinkProvider:
    return LinkProvider(account_id=ADA, link_id=NAME, issuer=ISSUER, address=address)


def test_a_link_is_recorded_for_the_account_and_for_the_name() -> None:
    given(REGISTERED).when(LINK).then(LINKED, also={NAME: [HERS]})
    given(REGISTERED, LINKED).and_in(NAME, HERS).when(LINK).then_nothing()


def test_a_name_has_one_account() -> None:
    given(REGISTERED).and_in(NAME, HIS).when(LINK).then_refused(ProviderLinkTaken)
    free = OidcUnlinked(account_id=BOB)
    given(REGISTERED).and_in(NAME, HIS, free).when(LINK).then(LINKED, also={NAME: [HERS]})


def test_an_account_has_one_name_at_a_provider() -> None:
    other = AccountProviderLinked(link_id=UUID(int=7), issuer=ISSUER)
    given(REGISTERED, other).when(LINK).then_refused(ProviderIsLinked)
    elsewhere = AccountProviderLinked(link_id=UUID(int=7), issuer="https://other.example.org")
    given(REGISTERED, elsewhere).when(LINK).then(LINKED, also={NAME: [HERS]})


@pytest.mark.parametrize("address", [EMAIL, "ADA@Annals.Example"])
def test_an_address_that_both_have_proved_links(address: str) -> None:
    past = given(REGISTERED, VERIFIED)
    past.when(by_address(address)).then(LINKED, also={NAME: [HERS]})
    given(REGISTERED).when(by_address(address)).then_refused(AddressNotProved)


@pytest.mark.parametrize("address", ["", "eve@annals.example"])
def test_another_address_links_nothing(address: str) -> None:
    given(REGISTERED, VERIFIED).when(by_address(address)).then_refused(AddressNotProved)


def test_an_account_that_is_not_in_use_is_not_linked() -> None:
    given(REGISTERED, AccountDisabled(reason="")).when(LINK).then_refused(AccountIsDisabled)
    given(REGISTERED, AccountDeleted()).when(LINK).then_refused(AccountNotFound)
    given().when(LINK).then_refused(AccountNotFound)


def test_whether_a_stranger_s_account_is_disabled_is_not_told() -> None:
    disabled = given(REGISTERED, AccountDisabled(reason=""))
    disabled.when(by_address("")).then_refused(AddressNotProved)


def test_unlinking_frees_the_name() -> None:
    past = given(REGISTERED, LINKED).and_in(NAME, HERS)
    past.when(UNLINK).then(UNLINKED, also={NAME: [OidcUnlinked(account_id=ADA)]})
    given(REGISTERED, LINKED, UNLINKED).when(UNLINK).then_nothing()


def test_the_link_of_another_account_is_not_unlinked() -> None:
    given(REGISTERED).and_in(NAME, HIS).when(UNLINK).then_nothing()


def test_registering_claims_the_address_and_the_name() -> None:
    claimed: Facts = {ADDRESS: [EmailClaimed(account_id=ADA)], NAME: [HERS]}
    given().when(REGISTER).then(REGISTERED, LINKED, also=claimed)


def test_registering_with_what_is_taken_is_refused() -> None:
    given().and_in(NAME, HIS).when(REGISTER).then_refused(ProviderLinkTaken)
    taken = EmailClaimed(account_id=BOB)
    given().and_in(ADDRESS, taken).when(REGISTER).then_refused(EmailTaken)


def test_a_deleted_account_frees_its_address_and_its_names() -> None:
    delete = DeleteAccount(account_id=ADA, email=EMAIL, address_stream=ADDRESS)
    past = given(REGISTERED, LINKED).and_in(NAME, HERS)
    past.and_in(ADDRESS, EmailClaimed(account_id=ADA))
    released: Facts = {
        ADDRESS: [EmailReleased(account_id=ADA)],
        NAME: [OidcUnlinked(account_id=ADA)],
    }
    past.when(delete).then(AccountDeleted(), also=released)


def test_the_stream_of_a_name_tells_issuer_and_name_apart() -> None:
    assert NAMES.provider_stream("https://a", "b") != NAMES.provider_stream("https://ab", "")
    assert NAMES.provider_stream("a", "b") != NAMES.provider_stream("b", "a")
