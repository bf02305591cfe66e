"""The routes of personal access tokens: create, list and revoke your own."""

from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from application.commands.identity.access_tokens import CreateToken, RevokeToken
from application.commands.identity.accounts import AccountStream
from domain.errors import DomainError
from domain.vocabulary import AccountId, TokenId
from interfaces.http.accounts.token_bodies import (
    NewToken,
    NewTokenBody,
    Tokens,
    new_token_body,
    tokens_body,
)
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7


async def created(
    request: AnnalsRequest, kind: type[CreateToken], account_id: AccountId, asked: NewToken
) -> Answer[NewTokenBody]:
    """Create a token of an account; the answer is the only one that shows its secret."""
    login, token_id = request.parts.login, TokenId(uuid7())
    command = kind(
        account_id=account_id,
        token_id=token_id,
        name=asked.name,
        scopes=asked.scopes,
        expires_at=None if asked.expires_at is UNSET else asked.expires_at,
        most=login.most_tokens,
    )
    # The secret first: a token without one could never be used, while a secret without a token
    # opens nothing.
    secret: str | None = await login.access_tokens.keep(account_id, token_id)
    try:
        receipt = await execute(request, command)
    except (DomainError, HttpProblem):
        await login.access_tokens.discard(token_id)
        raise
    if receipt.replayed:
        await login.access_tokens.discard(token_id)
        secret = None
    # The state is that of the answered request, so that its token is the last of them.
    body = new_token_body(receipt.state.tokens[-1], secret)
    return respond(body, receipt, status=201, location=f"{request.scope['path']}/{body.id}")


async def revoked(request: AnnalsRequest, account_id: AccountId, token_id: UUID) -> Answer[Tokens]:
    """Revoke a token of an account, and show those that are left."""
    login = request.parts.login
    receipt = await execute(request, RevokeToken(account_id=account_id, token_id=TokenId(token_id)))
    await login.access_tokens.discard(token_id)
    login.authenticator.forget({account_id})
    last_used = await login.access_tokens.last_used(account_id)
    return respond(tokens_body(receipt.state, last_used), receipt)


@changing(post, "/", "create_token", created=True, refusals=(403,), dto=Body)
async def create_token(data: JSONBody[NewToken], request: AnnalsRequest) -> Answer[NewTokenBody]:
    """Create a personal access token. Store the `token`: it is not shown again, not even to a
    repeated request with the same Idempotency-Key."""
    return await created(request, CreateToken, request.account_id, data)


@get(
    "/",
    operation_id="list_tokens",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def list_tokens(request: AnnalsRequest) -> Tokens:
    """List your personal access tokens, without their secrets."""
    receipt = await read(request, AccountStream(account_id=request.account_id))
    last_used = await request.parts.login.access_tokens.last_used(request.account_id)
    return tokens_body(receipt.state, last_used)


@changing(delete, "/{token_id:uuid}", "revoke_token", refusals=(403,))
async def revoke_token(token_id: FromPath[UUID], request: AnnalsRequest) -> Answer[Tokens]:
    """Revoke a personal access token. Every process refuses it within 5 seconds, and its streams
    and sockets end."""
    return await revoked(request, request.account_id, token_id)


@delete(
    "/current",
    status_code=204,
    operation_id="revoke_current_token",
    operation_class=Documented,
    responses=problems(400, 401, 422, 503),
)
async def revoke_current_token(request: AnnalsRequest) -> None:
    """Revoke the personal access token that this request carries, whatever its scopes are. A
    session ends with `POST /auth/logout`."""
    await request.body()
    identity = request.identity
    if identity.token_id is None:
        message = "This request carries no personal access token. Log out with POST /auth/logout."
        raise HttpProblem("invalid", message)
    await revoked(request, identity.account_id, identity.token_id)


TOKENS = Router(
    "/auth/tokens",
    route_handlers=[create_token, list_tokens, revoke_current_token, revoke_token],
    before_request=check_request,
    tags=["Accounts"],
)
