"""Why a request about a run of a view is refused."""

from uuid import UUID

from domain.errors import NotFound, Refused


class ViewRunNotFound(NotFound):
    def __init__(self, run: UUID) -> None:
        super().__init__(f"There is no run {run}.")


class ViewRunHasEnded(Refused):
    def __init__(self, view: str) -> None:
        super().__init__(f"This run of {view} has ended already; nothing is left to cancel.")
