"""Why a change cannot be undone."""

from collections.abc import Mapping
from uuid import UUID

from domain.errors import DomainError, NotFound, Refused


class ChangeNotFound(NotFound):
    def __init__(self, change_id: UUID) -> None:
        super().__init__(f"There is no change {change_id}.")


class NotUndoable(DomainError):
    """The change is of a kind that is never undone, or what it removed is deleted for good."""


class CannotUndo(Refused):
    """What the change did was changed again since: `left` names the values, by stream. Where it is
    empty, nothing is left to undo."""

    def __init__(self, left: Mapping[UUID, tuple[str, ...]]) -> None:
        super().__init__(
            "What this change did was changed again since. Undo the later changes first, or put"
            " back the rest with ?force=fields."
            if left
            else "Nothing is left to undo: all is as it was before this change."
        )
        self.left = left
