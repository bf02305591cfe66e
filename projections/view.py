"""The shape of every view: a table whose rows are folded from the log."""

from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, runtime_checkable
from uuid import UUID

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record

Row = TypeVar("Row", bound=Record)
Key: TypeAlias = tuple[UUID | str | int, ...]


class View(Protocol[Row]):
    """Says which row an event changes, and how.

    Both are pure. The projector loads the rows of a batch, folds, and writes every
    changed row once, in the same transaction as the position it has reached. The table
    has the view's name and has the row's fields as columns; `identity` names those of
    them that make up the key. In a view that is `append_only` every event adds a row, and
    `evolve` gets the row before it (the latest with the same key). Where `spans_streams`, events
    of several streams make up a row, so a rebuild folds the log in order; elsewhere it folds
    whole streams in any order, in several processes.
    """

    name: ClassVar[str]
    row: ClassVar[type[Record]]
    identity: ClassVar[tuple[str, ...]]
    listens_to: ClassVar[tuple[type[Event], ...]]
    append_only: ClassVar[bool]
    spans_streams: ClassVar[bool]

    def key(self, recorded: Recorded) -> Key:
        """Return the key of the row that an event changes."""
        ...

    def evolve(self, row: Row | None, recorded: Recorded) -> Row | None:
        """Return the row after an event, or None when there is no row."""
        ...


@runtime_checkable
class Indexed(Protocol):
    """A view whose table has rows in another form: with columns for indexes that follow from a row,
    or without what can be told from the rest.

    The form is computed when a row is written. Rows are read from the columns of `row` alone.
    """

    stored_row: ClassVar[type[Record]]

    def stored(self, row: Any) -> Record:
        """Return the row as the table has it, a record of type `stored_row`."""
        ...
