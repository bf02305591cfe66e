"""The routes of accounts for administrators: list them, disable and enable them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from application.commands.identity.accounts import DisableAccount, EnableAccount
from domain.errors import Refused
from domain.record import Record
from domain.vocabulary import AccountId, SessionEnd
from interfaces.http.accounts.account_bodies import AccountBody, body_of
from interfaces.http.openapi.documentation import QUERY, Querying, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, respond
from interfaces.http.protocol.paging import Cursor, Limit, decode_position, next_cursor
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.rows import AFTER_ALL
from projections.views import accounts
from projections.views.accounts import AccountFilter, AccountRow

Reason = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Search = Annotated[
    str | None,
    QueryParameter(max_length=254, description="A part of the email address or the name"),
]
State = Annotated[AccountFilter, QueryParameter(name="state", description="Accounts in this state")]


class DisableBody(Record, forbid_unknown_fields=True):
    """The reason stays in the log; the owner is not shown it."""

    reason: Reason = ""


class AccountList(Record):
    items: Sequence[AccountRow]
    next_cursor: str | None


@get(
    "/",
    operation_id="list_accounts",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def list_accounts(
    request: AnnalsRequest,
    q: Search = None,
    account_state: State = AccountFilter.EXISTING,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AccountList:
    """List accounts, the latest registered first; deleted ones only if `state` asks for them."""
    search = f"accounts {account_state} {q or ''}"
    beyond = decode_position(cursor, search, AFTER_ALL)
    await wait_for_view(request, "accounts")
    rows = await request.parts.queries.run(
        accounts.latest, text=q, state=account_state, beyond=beyond, limit=limit
    )
    positions: list[tuple[datetime | None, UUID]] = [(row.registered_at, row.id) for row in rows]
    return AccountList(items=rows, next_cursor=next_cursor(search, limit, positions))


@changing(post, "/{account_id:uuid}/disable", "disable_account", dto=Body, refusals=(403,))
async def disable_account(
    account_id: FromPath[UUID], data: JSONBody[DisableBody], request: AnnalsRequest
) -> Answer[AccountBody]:
    """Disable an account: its sessions end, no login works, and nothing is sent to it."""
    if account_id == request.account_id:
        raise Refused("You cannot disable your own account; another administrator can.")
    command = DisableAccount(account_id=AccountId(account_id), reason=data.reason)
    receipt = await execute(request, command)
    sessions = request.parts.login.active_sessions
    await sessions.end_all(account_id, SessionEnd.DISABLED, context(request))
    return respond(body_of(receipt.state), receipt)


@changing(post, "/{account_id:uuid}/enable", "enable_account", refusals=(403,))
async def enable_account(
    account_id: FromPath[UUID], request: AnnalsRequest
) -> Response[AccountBody]:
    """Enable an account that was disabled."""
    receipt = await execute(request, EnableAccount(account_id=AccountId(account_id)))
    return respond(body_of(receipt.state), receipt)


ACCOUNTS = Router(
    "/accounts",
    route_handlers=[list_accounts, disable_account, enable_account],
    before_request=check_request,
    tags=["Accounts"],
)
