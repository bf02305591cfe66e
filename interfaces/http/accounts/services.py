"""The routes of accounts for machines, for administrators."""

from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from application.commands.identity.access_tokens import (
    CreateServiceToken,
    RegisterService,
    ServiceStream,
)
from domain.errors import AccountNotFound
from domain.vocabulary import AccountId
from interfaces.http.accounts.token_bodies import (
    NewService,
    NewToken,
    NewTokenBody,
    ServiceBody,
    Tokens,
    tokens_body,
)
from interfaces.http.accounts.tokens import created, revoked
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7


@changing(post, "/", "create_service", created=True, refusals=(403,), dto=Body)
async def create_service(data: JSONBody[NewService], request: AnnalsRequest) -> Answer[ServiceBody]:
    """Create an account for a machine: without address and password, with access tokens only."""
    command = RegisterService(account_id=AccountId(uuid7()), name=data.name, roles=data.roles)
    receipt = await execute(request, command)
    account = receipt.state
    if account.id is None:
        raise AccountNotFound(command.account_id)
    body = ServiceBody(
        id=account.id,
        name=account.name,
        roles=account.roles,
        registered_at=account.registered_at,
        version=account.version,
    )
    location = f"/api/v1/accounts/services/{account.id}/tokens"
    return respond(body, receipt, status=201, location=location)


@changing(
    post,
    "/{account_id:uuid}/tokens",
    "create_service_token",
    created=True,
    refusals=(403,),
    dto=Body,
)
async def create_service_token(
    account_id: FromPath[UUID], data: JSONBody[NewToken], request: AnnalsRequest
) -> Answer[NewTokenBody]:
    """Create an access token of a machine. Store the `token`: it is not shown again."""
    return await created(request, CreateServiceToken, AccountId(account_id), data)


@get(
    "/{account_id:uuid}/tokens",
    operation_id="list_service_tokens",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def list_service_tokens(account_id: FromPath[UUID], request: AnnalsRequest) -> Tokens:
    """List the access tokens of a machine, without their secrets."""
    service = AccountId(account_id)
    receipt = await read(request, ServiceStream(account_id=service))
    last_used = await request.parts.login.access_tokens.last_used(service)
    return tokens_body(receipt.state, last_used)


@changing(
    delete, "/{account_id:uuid}/tokens/{token_id:uuid}", "revoke_service_token", refusals=(403,)
)
async def revoke_service_token(
    account_id: FromPath[UUID], token_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[Tokens]:
    """Revoke an access token of a machine."""
    service = AccountId(account_id)
    await read(request, ServiceStream(account_id=service))
    return await revoked(request, service, token_id)


SERVICES = Router(
    "/accounts/services",
    route_handlers=[
        create_service,
        create_service_token,
        list_service_tokens,
        revoke_service_token,
    ],
    before_request=check_request,
    tags=["Administration"],
)
