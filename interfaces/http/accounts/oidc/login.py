"""Whom a login with a provider belongs to: a linked account, one with the address, or a new one."""

from uuid import uuid4

import msgspec

from application.commands.identity.providers import LinkProvider, RegisterWithProvider
from application.ports.identity import TokenPair
from application.ports.oidc import ProvedPerson
from domain.errors import Conflict, EmailTaken, ProviderLinkTaken
from domain.identity.provider_link import ProviderLink
from domain.values.normal_form import ShowsNothing, visible
from domain.vocabulary import AccountId, Email, Name, SignInMethod
from interfaces.http.accounts.login_limit import check_account_limit
from interfaces.http.accounts.sign_in import sign_in
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.request import AnnalsRequest

# Of two first logins of a person at the same time, one loses; then it finds what the other made.
ATTEMPTS = 3


async def log_in_with(
    request: AnnalsRequest, person: ProvedPerson, *, for_cookie: bool
) -> TokenPair | None:
    """Begin a session of the account that `person` may log in to, or register it; or link the
    provider to the account that asked for that, and return None.

    Raises:
        HttpProblem: 403, the account is disabled, its session has ended, or the provider gave no
            address to register; 429, too many accounts were registered from this network address.
        AddressNotProved: an account has the address, and one of the two did not prove it.
        ProviderLinkTaken: the login belongs to another account than the one that asks to link it.
    """
    if person.purpose.account_id is not None:
        await _link_to_session(request, person, person.purpose.account_id)
        return None
    for attempt in range(ATTEMPTS):
        try:
            account_id = await _account_of(request, person)
            break
        except (EmailTaken, ProviderLinkTaken, Conflict):
            if attempt == ATTEMPTS - 1:
                raise
    return await sign_in(
        request,
        account_id,
        SignInMethod.OIDC,
        for_cookie=for_cookie,
        authenticated_at=person.authenticated_at,
    )


async def _account_of(request: AnnalsRequest, person: ProvedPerson) -> AccountId:
    parts = request.parts
    link_id = parts.names.provider_stream(person.issuer, person.subject)
    link = await parts.commands.current_state(ProviderLink(), link_id)
    if link.account_id is not None:
        return link.account_id
    address = _address(person)
    account_id = await parts.streams.account_with_email(address)
    if account_id is None:
        return await _register(request, person, address)
    # An address that the provider did not prove proves nothing of the account.
    proved = address if person.email_verified else ""
    link_it = LinkProvider(
        account_id=account_id, link_id=link_id, issuer=person.issuer, address=proved
    )
    await parts.commands.handle(link_it, context(request, str(account_id)))
    return account_id


async def _register(request: AnnalsRequest, person: ProvedPerson, address: str) -> AccountId:
    await check_account_limit(request)
    names, account_id = request.parts.names, AccountId(uuid4())
    register = RegisterWithProvider(
        account_id=account_id,
        email=address,
        name=_name(person, address),
        address_stream=names.address_stream(address),
        verified=person.email_verified,
        link_id=names.provider_stream(person.issuer, person.subject),
        issuer=person.issuer,
    )
    await request.parts.commands.handle(register, context(request, str(account_id)))
    return account_id


async def _link_to_session(
    request: AnnalsRequest, person: ProvedPerson, account_id: AccountId
) -> None:
    """Link the provider, if the session that asked for it has not ended since.

    Whoever ends all sessions, because one was stolen, must not find a stranger's login linked.
    """
    parts = request.parts
    active = await parts.login.active_sessions.of_account(account_id)
    if person.purpose.session_id not in {session.id for session in active}:
        raise HttpProblem("login-refused", "The session that asked for this has ended. Log in.")
    link = LinkProvider(
        account_id=account_id,
        link_id=parts.names.provider_stream(person.issuer, person.subject),
        issuer=person.issuer,
    )
    await parts.commands.handle(link, context(request, str(account_id)))


def _address(person: ProvedPerson) -> str:
    try:
        return msgspec.convert(person.email, Email)
    except msgspec.ValidationError:
        raise HttpProblem(
            "login-refused",
            "The provider did not give an email address, which a new account needs. Allow it"
            " there, or register with a password and link the provider then.",
        ) from None


def _name(person: ProvedPerson, address: str) -> str:
    try:
        return visible("name", msgspec.convert(person.name, Name))
    except (msgspec.ValidationError, ShowsNothing):
        return address.partition("@")[0]
