"""Every change of every entity: one row per event, with what it changed and the state after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from projections.entity_states import PasswordResets, SecondFactors, Sessions
from projections.view import Key, View
from projections.views.accounts import Accounts
from projections.views.reminders.notifications import Notifications
from projections.views.searching.saved_searches import SavedSearches
from projections.views.tasks.lists import Lists
from projections.views.tasks.series_list import SeriesList
from projections.views.tasks.task_list import TaskList
from projections.views.view_runs import ViewRuns


class Change(Record):
    before: Any
    after: Any


class HistoryEntry(Record):
    """`owner` is the account whose data it is, `actor` who did it, `action` the event's tag.

    `changes` has only the fields that changed, `state` is the whole entity after the event.
    `change_id` is that of the request which led to it.
    """

    position: int
    entity_type: str
    entity_id: UUID
    version: int
    owner: AccountId
    action: str
    actor: str
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    changes: dict[str, Change]
    state: dict[str, Any]
    change_id: UUID | None = None


class _Entity(NamedTuple):
    """A kind of entity: `view` knows its states, `owner` names the field with its owner."""

    type: str
    view: View[Any]
    owner: str


_ENTITIES = (
    _Entity("task", TaskList(), "owner"),
    _Entity("series", SeriesList(), "owner"),
    _Entity("list", Lists(), "owner"),
    _Entity("search", SavedSearches(), "owner"),
    _Entity("account", Accounts(), "id"),
    _Entity("notification", Notifications(), "account"),
    _Entity("session", Sessions(), "account"),
    _Entity("password_reset", PasswordResets(), "account"),
    _Entity("second_factors", SecondFactors(), "account"),
    _Entity("view_run", ViewRuns(), "requested_by"),
)
_ENTITY_OF = {event: entity for entity in _ENTITIES for event in entity.view.listens_to}

# Fields that every entry has itself, or that change in every entry.
_BOOKKEEPING = frozenset(
    {"id", "owner", "version", "created_at", "updated_at", "registered_at", "started_at"}
)


class History:
    name: ClassVar[str] = "history"
    row: ClassVar[type[Record]] = HistoryEntry
    identity: ClassVar[tuple[str, ...]] = ("entity_id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(_ENTITY_OF)
    append_only: ClassVar[bool] = True
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: HistoryEntry | None, recorded: Recorded) -> HistoryEntry | None:
        """Return the entry of this event; `row` is the entry before it of the same entity."""
        entity = _ENTITY_OF[type(recorded.event)]
        before: dict[str, Any] = row.state if row else {}
        known = msgspec.convert(before, entity.view.row) if row else None
        now = entity.view.evolve(known, recorded)
        if now is None:
            return None  # its first event was set aside: what this one changed is unknown
        # By way of JSON, so that a state is the same whether it comes from here or from the table.
        after: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(now))
        return HistoryEntry(
            position=recorded.position,
            entity_type=entity.type,
            entity_id=recorded.originator_id,
            version=recorded.originator_version,
            owner=getattr(now, entity.owner),
            action=str(type(recorded.event).__struct_config__.tag),
            actor=recorded.actor,
            recorded_at=recorded.recorded_at,
            correlation_id=recorded.correlation_id,
            causation_id=recorded.causation_id,
            changes=_changes(before, after),
            state=after,
            change_id=recorded.change_id,
        )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    return {
        field: Change(before=before.get(field), after=value)
        for field, value in after.items()
        if field not in _BOOKKEEPING and value != before.get(field)
    }
