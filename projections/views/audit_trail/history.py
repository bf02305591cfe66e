"""Every change of every entity: one row per event, with what it changed and the state after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import astuple

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from projections.entity_states import PasswordResets, SecondFactorStates, SessionStates
from projections.view import Key, View
from projections.views.accounts import Accounts
from projections.views.reminders.notifications import Notifications
from projections.views.searching.saved_searches import SavedSearches
from projections.views.tasks.lists import Lists
from projections.views.tasks.series_list import SeriesList
from projections.views.tasks.task_list import TaskListView
from projections.views.view_runs import ViewRuns


class Change(Record):
    before: Any
    after: Any


class HistoryEntry(Record):
    """`owner` is the account whose data it is, `actor` who did it, `action` the event's tag.

    `changes` has only the fields that changed, `state` is the whole entity after the event.
    In the table, and as the view folds it, a state lacks the fields without a value, and the first
    entry of a stream has no changes: they follow from its state.
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
    _Entity("task", TaskListView(), "owner"),
    _Entity("series", SeriesList(), "owner"),
    _Entity("list", Lists(), "owner"),
    _Entity("search", SavedSearches(), "owner"),
    _Entity("account", Accounts(), "id"),
    _Entity("notification", Notifications(), "account"),
    _Entity("session", SessionStates(), "account"),
    _Entity("password_reset", PasswordResets(), "account"),
    _Entity("second_factors", SecondFactorStates(), "account"),
    _Entity("view_run", ViewRuns(), "requested_by"),
)
_ENTITY_OF = {event: entity for entity in _ENTITIES for event in entity.view.listens_to}

# The fields of each entity without their values: a stored state has none of these.
_EMPTY: Mapping[str, dict[str, None]] = {
    entity.type: dict.fromkeys(entity.view.row.__struct_fields__) for entity in _ENTITIES
}

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
        known = msgspec.convert(_EMPTY[entity.type] | before, entity.view.row) if row else None
        now = entity.view.evolve(known, recorded)
        if now is None:
            return None  # its first event was set aside: what this one changed is unknown
        changed = _changed(known, now, before)
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
            changes=_changes(before, changed) if recorded.originator_version > 1 else {},
            state={
                field: value for field, value in (before | changed).items() if value is not None
            },
            change_id=recorded.change_id,
        )


# Expressions of the two columns as an entry has them.
STATE = f"'{msgspec.json.encode(_EMPTY).decode()}'::jsonb -> entity_type || state"
CHANGES = f"""
CASE WHEN version > 1 THEN changes ELSE (
    SELECT coalesce(
        jsonb_object_agg(key, jsonb_build_object('before', NULL, 'after', value)), '{{}}'
    ) FROM jsonb_each(state)
    WHERE value <> 'null' AND key <> ALL ('{{{",".join(sorted(_BOOKKEEPING))}}}')
) END
"""  # noqa: S608 - names are ours


def _changed(known: Record | None, now: Record, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entity that differ from those `before`, as JSON has them.

    By way of JSON, so that a state is the same whether it comes from here or from the table.
    """
    if known is None:
        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(now))
    else:
        # What an event leaves alone is the same object: few fields are written as JSON.
        pairs = zip(now.__struct_fields__, astuple(known), astuple(now), strict=True)
        touched = {field: value for field, old, value in pairs if value is not old}
        fields = msgspec.json.decode(msgspec.json.encode(touched))
    return {field: value for field, value in fields.items() if value != before.get(field)}


def _changes(before: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Change]:
    return {
        field: Change(before=before.get(field), after=value)
        for field, value in changed.items()
        if field not in _BOOKKEEPING
    }
