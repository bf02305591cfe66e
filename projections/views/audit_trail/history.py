"""Every change of every entity: one row per event, with what it changed and the state after it."""

from collections.abc import Mapping
from datetime import datetime
from itertools import repeat
from types import NoneType, new_class
from typing import Any, ClassVar, NamedTuple, cast, get_args
from uuid import UUID

import msgspec
from msgspec.structs import asdict, astuple

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
    In the table a state lacks the fields without a value, and the first entry of a stream has no
    changes, which follow from its state. In an entry that was just folded the state is a record.
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
    state: Mapping[str, Any]
    change_id: UUID | None = None


class _Entity(NamedTuple):
    """A kind of entity: `view` knows its states, `owner` names the field with its owner, and a
    `state` is the form in which an entry has it."""

    type: str
    view: View[Any]
    owner: str
    state: Any  # a type of records


def _entity(entity_type: str, view: View[Any], owner: str) -> _Entity:
    return _Entity(entity_type, view, owner, _state_of(view.row))


def _state_of(row: type[Record]) -> type[Record]:
    """Return a type of these rows whose JSON lacks the fields without a value."""
    types = {field.name: field.type for field in msgspec.structs.fields(row)}
    # Others get no default: they are always written.
    defaults = dict.fromkeys(name for name, kind in types.items() if NoneType in get_args(kind))

    def body(namespace: dict[str, Any]) -> None:
        namespace.update(defaults, __annotations__=types)

    return new_class(f"{row.__name__}State", (row,), {"omit_defaults": True}, body)


_ENTITIES = (
    _entity("task", TaskListView(), "owner"),
    _entity("series", SeriesList(), "owner"),
    _entity("list", Lists(), "owner"),
    _entity("search", SavedSearches(), "owner"),
    _entity("account", Accounts(), "id"),
    _entity("notification", Notifications(), "account"),
    _entity("session", SessionStates(), "account"),
    _entity("password_reset", PasswordResets(), "account"),
    _entity("second_factors", SecondFactorStates(), "account"),
    _entity("view_run", ViewRuns(), "requested_by"),
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
        known = _known(row.state, entity.state) if row else None
        now = entity.view.evolve(known, recorded)
        if now is None:
            return None  # its first event was set aside: what this one changed is unknown
        if type(now) is not entity.state:
            now = entity.state(**asdict(now))
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
            changes=_changes(known, now) if recorded.originator_version > 1 else {},
            state=cast(Any, now),
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


def _known(state: Any, kind: type[Record]) -> Record:
    """Return a state as it was folded, also if it comes from the table."""
    return state if isinstance(state, kind) else msgspec.convert(state, kind)


def _changes(known: Record | None, now: Record) -> dict[str, Change]:
    before = astuple(known) if known else repeat(None)
    # What an event leaves alone is the same object: few fields are compared, as JSON has them.
    touched = {
        field: (old, new)
        for field, old, new in zip(now.__struct_fields__, before, astuple(now), strict=False)
        if new is not old and field not in _BOOKKEEPING
    }
    pairs = msgspec.json.decode(msgspec.json.encode(touched)) if touched else {}
    return {
        field: Change(before=old, after=new) for field, (old, new) in pairs.items() if old != new
    }
