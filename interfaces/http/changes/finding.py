"""Finds a change of the client in the view, and waits for the view where it must."""

from uuid import UUID

from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.audit_trail import changes
from projections.views.audit_trail.changes import MadeChange


async def wait_for_views(request: AnnalsRequest, *more: str) -> None:
    """Wait until the views that a sentence is made of show the position in Annals-Min-Position."""
    for view in ("changes", "task_list", *more):
        await wait_for_view(request, view)


async def found_change(request: AnnalsRequest, change_id: UUID) -> MadeChange:
    """Return a change of the client, also one that was recorded a moment ago.

    Raises:
        HttpProblem: 404, there is no such change of this account; 504, the view is behind.
    """
    queries, account = request.parts.queries, request.account_id
    found = await queries.run(changes.change, account, change_id)
    if found is None:
        await wait_until_now(request)
        found = await queries.run(changes.change, account, change_id)
    if found is None:
        raise HttpProblem("change-not-found", f"There is no change {change_id}.")
    return found


async def wait_until_now(request: AnnalsRequest) -> int:
    """Wait until the view of changes shows all that was recorded by now; return the position of the
    last event.

    Raises:
        HttpProblem: 504, it took too long.
    """
    position = await request.parts.views.until_now("changes")
    if position is None:
        raise HttpProblem(
            "not-caught-up",
            "The view changes did not catch up within 5 s.",
            headers={"Retry-After": "1"},
        )
    return position
