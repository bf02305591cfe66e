"""The shape of every view: a table whose rows are folded from the log."""

from typing import ClassVar, Protocol, TypeAlias, TypeVar
from uuid import UUID

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record

Row = TypeVar("Row", bound=Record)
Key: TypeAlias = tuple[UUID | str | int, ...]


class View(Protocol[Row]):
    """Says which row a fact concerns, and what that row becomes.

    Both are pure. The projector loads the rows of a batch, folds, and writes every
    changed row once, in the same transaction as the position it has reached. The table
    bears the view's name and has the row's fields as columns; `identity` names those of
    them that make up the key. In a view that is `append_only` every fact adds a row, and
    what `evolve` is given is the row before it (the latest with the same key).
    """

    name: ClassVar[str]
    row: ClassVar[type[Record]]
    identity: ClassVar[tuple[str, ...]]
    listens_to: ClassVar[tuple[type[Event], ...]]
    append_only: ClassVar[bool]

    def key(self, recorded: Recorded) -> Key: ...

    def evolve(self, row: Row | None, recorded: Recorded) -> Row | None:
        """Return the row as it now stands, or None when there is nothing left to show."""
        ...
