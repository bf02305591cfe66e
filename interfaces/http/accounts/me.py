"""The routes of your own account: its name, its address and its end."""

from litestar import Response, delete, get, patch, post, put
from litestar.params import JSONBody

from application.commands.identity.accounts import AccountStream, DeleteAccount, RenameAccount
from application.commands.identity.addresses import RequestAddress, RequestVerification
from domain.vocabulary import SessionEnd
from interfaces.http.accounts.account_bodies import (
    AccountBody,
    AccountPatch,
    Deletion,
    NewAddress,
    body_of,
)
from interfaces.http.accounts.login_limit import check_mail_limit
from interfaces.http.accounts.step_up import check_owner
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import Documented, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, read, respond
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest


@get(
    "/me",
    before_request=check_request,
    operation_id="get_me",
    operation_class=Documented,
    responses=problems(401, 503),
    response_headers=VERSIONED,
)
async def me(request: AnnalsRequest) -> Response[AccountBody]:
    """Get your account."""
    receipt = await read(request, AccountStream(account_id=request.account_id))
    return respond(body_of(receipt.state), receipt)


@changing(patch, "/me", "change_me", dto=Body, before_request=check_request)
async def change_me(data: JSONBody[AccountPatch], request: AnnalsRequest) -> Answer[AccountBody]:
    """Change the name of your account."""
    command = RenameAccount(account_id=request.account_id, name=data.name)
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


@post(
    "/me/verification",
    before_request=check_request,
    status_code=202,
    operation_id="request_verification",
    operation_class=Documented,
    responses=problems(400, 401, 403, 409, 413, 503),
)
async def request_verification(request: AnnalsRequest) -> Response[AccountBody]:
    """Ask for another mail with the link that confirms your address, or the one you asked for."""
    account = (await read(request, AccountStream(account_id=request.account_id))).state
    await check_mail_limit(request, account.pending_email or account.email)
    receipt = await execute(request, RequestVerification(account_id=request.account_id))
    return respond(body_of(receipt.state), receipt, status=202)


@put(
    "/me/email",
    dto=Body,
    before_request=check_request,
    status_code=202,
    operation_id="change_email",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    response_headers=VERSIONED,
)
async def change_email(data: JSONBody[NewAddress], request: AnnalsRequest) -> Response[AccountBody]:
    """Ask for another address. It takes effect when you confirm it with the link in a mail to it,
    unless another account has it by then. An Idempotency-Key has no effect."""
    found = await read(request, AccountStream(account_id=request.account_id))
    await check_owner(request, found.state, data.password)
    await check_mail_limit(request, data.email)
    command = RequestAddress(account_id=request.account_id, email=data.email)
    receipt = await request.parts.commands.handle(command, context(request))
    return respond(body_of(receipt.state), receipt, status=202)


@delete(
    "/me",
    dto=Body,
    before_request=check_request,
    status_code=204,
    operation_id="delete_me",
    operation_class=Documented,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
)
async def delete_me(data: JSONBody[Deletion], request: AnnalsRequest) -> None:
    """Delete your account: its sessions end, nothing is sent any more, and the address is free.

    This cannot be undone. The log keeps what happened. An Idempotency-Key has no effect.
    """
    account_id, who, parts = request.account_id, context(request), request.parts
    account = (await read(request, AccountStream(account_id=account_id))).state
    await check_owner(request, account, data.password)
    stream = parts.names.address_stream(account.email)
    command = DeleteAccount(account_id=account_id, email=account.email, address_stream=stream)
    await parts.commands.handle(command, who)
    await parts.login.active_sessions.end_all(account_id, SessionEnd.DELETED, who)
    await parts.login.passwords.forget(account_id)
    await parts.login.second_factors.forget(account_id)
    for endpoint in await parts.endpoints.addresses.of_account(account_id):
        await parts.endpoints.addresses.remove(endpoint)
