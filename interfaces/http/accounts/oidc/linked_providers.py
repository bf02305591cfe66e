"""The routes of the providers that can log you in: list, link and unlink them."""

from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody

from application.commands.identity.accounts import AccountStream
from application.commands.identity.providers import UnlinkProvider
from application.ports.oidc import LoginPurpose
from interfaces.http.accounts.cookies.own_site import own_site
from interfaces.http.accounts.oidc.bodies import (
    AuthorizationBody,
    LinkBody,
    LinkedProviderBody,
    LinkedProvidersBody,
)
from interfaces.http.accounts.oidc.routes import (
    authorization_body,
    begin,
    kept_cookie,
    unknown_provider,
)
from interfaces.http.accounts.step_up import check_owner
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest


@get(
    "/",
    operation_id="list_linked_providers",
    operation_class=Documented,
    responses=problems(401, 503),
)
async def list_linked(request: AnnalsRequest) -> LinkedProvidersBody:
    """List the providers that you can log in with."""
    account = (await read(request, AccountStream(account_id=request.account_id))).state
    known = {each.issuer: each for each in request.parts.provider_logins.providers()}
    bodies = []
    for linked in account.providers:
        info = known.get(linked.issuer)
        name, label = (info.name, info.label) if info else (None, linked.issuer)
        bodies.append(LinkedProviderBody(name=name, label=label, linked_at=linked.linked_at))
    return LinkedProvidersBody(providers=bodies)


@post(
    "/{provider:str}",
    dto=Body,
    status_code=200,
    operation_id="link_provider",
    operation_class=Documented,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
)
async def link(
    provider: FromPath[str], data: JSONBody[LinkBody], request: AnnalsRequest
) -> Response[AuthorizationBody]:
    """Begin to link a provider: log in with it at the URL in the answer, in the same browser.

    The session must not have ended when the provider sends the browser back.
    """
    identity, site = request.identity, own_site(request)
    if identity.session_id is None:
        raise HttpProblem("not-permitted", "Log in first: only a session can link a provider.")
    account = (await read(request, AccountStream(account_id=identity.account_id))).state
    await check_owner(request, account, data.password)
    purpose = LoginPurpose(account_id=identity.account_id, session_id=identity.session_id)
    started = await begin(request, provider, purpose)
    return Response(authorization_body(started), cookies=[kept_cookie(site, started)])


@delete(
    "/{provider:str}",
    status_code=204,
    operation_id="unlink_provider",
    operation_class=Documented,
    responses=problems(400, 401, 404, 409, 503),
)
async def unlink(provider: FromPath[str], request: AnnalsRequest) -> None:
    """Unlink a provider. The last way to log in cannot be removed: set a password first."""
    await request.body()
    account_id = request.account_id
    account = (await read(request, AccountStream(account_id=account_id))).state
    issuers = {each.name: each.issuer for each in request.parts.provider_logins.providers()}
    found = [each for each in account.providers if each.issuer == issuers.get(provider)]
    if not found:
        raise unknown_provider(provider)
    others = len(account.providers) > 1
    if not others and not await request.parts.login.passwords.exists(account_id):
        raise HttpProblem(
            "refused",
            "You have no password, so this is your only way to log in. Set a password first:"
            " POST /api/v1/auth/password/forgotten.",
        )
    await execute(request, UnlinkProvider(account_id=account_id, link_id=found[0].link_id))


PROVIDERS = Router(
    "/auth/me/providers",
    route_handlers=[list_linked, link, unlink],
    before_request=check_request,
    tags=["Accounts"],
)
