"""A task: what it remembers, what it decides, how facts change it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import DateOutOfRange, TaskIsDeleted, TooManyTags
from domain.events import (
    Recorded,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.vocabulary import EARLIEST, LATEST, AccountId, Priority, Status, TaskId

MOST_TAGS = 50


class Task(Aggregate):
    """The present state of one task. Before it is created it has no owner."""

    id: TaskId | None = None
    owner: AccountId | None = None
    title: str = ""
    description: str = ""
    status: Status = Status.OPEN
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    due_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None
    deleted_at: datetime | None = None

    # Decisions: say what happens, change nothing.

    @staticmethod
    def create(
        owner: AccountId,
        title: str,
        *,
        description: str,
        priority: Priority,
        tags: Sequence[str],
        due_at: datetime | None,
    ) -> Sequence[TaskEvent]:
        wanted = _unique(tags)
        return [
            TaskCreated(
                owner=owner,
                title=title,
                description=description,
                priority=priority,
                tags=wanted,
                due_at=_within_range(due_at),
            )
        ]

    def change(
        self,
        *,
        title: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        priority: Priority | UnsetType = UNSET,
        tags: Sequence[str] | UnsetType = UNSET,
        due_at: datetime | UnsetType | None = UNSET,
    ) -> Sequence[TaskEvent]:
        """Give what is set a new value; what is left UNSET stays."""
        self._must_not_be_deleted()
        facts: list[TaskEvent] = []
        updated = TaskUpdated(
            title=UNSET if title == self.title else title,
            description=UNSET if description == self.description else description,
            priority=UNSET if priority == self.priority else priority,
        )
        if updated != TaskUpdated():
            facts.append(updated)
        if tags is not UNSET:
            facts.extend(self._retag(_unique(tags)))
        if due_at is not UNSET and (moment := _within_range(due_at)) != self.due_at:
            facts.append(TaskRescheduled(due_at=moment))
        return facts

    def tag(self, tags: Sequence[str]) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        new = tuple(tag for tag in dict.fromkeys(tags) if tag not in self.tags)
        if len(self.tags) + len(new) > MOST_TAGS:
            raise TooManyTags(len(self.tags) + len(new))
        return [TaskTagged(tags=new)] if new else []

    def untag(self, tag: str) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        return [TaskUntagged(tags=(tag,))] if tag in self.tags else []

    def complete(self) -> Sequence[TaskEvent]:
        if self.status is Status.COMPLETED:
            return []
        self._must_not_be_deleted()
        return [TaskCompleted()]

    def reopen(self) -> Sequence[TaskEvent]:
        if self.status is Status.OPEN:
            return []
        self._must_not_be_deleted()
        return [TaskReopened()]

    def delete(self) -> Sequence[TaskEvent]:
        return [] if self.status is Status.DELETED else [TaskDeleted()]

    def restore(self) -> Sequence[TaskEvent]:
        return [TaskRestored()] if self.status is Status.DELETED else []

    def _must_not_be_deleted(self) -> None:
        if self.status is Status.DELETED:
            raise TaskIsDeleted

    def _retag(self, wanted: tuple[str, ...]) -> Sequence[TaskEvent]:
        # Tags are only ever appended, so what stands out of order is taken off and put back.
        kept: list[str] = []
        for tag in self.tags:
            if len(kept) < len(wanted) and tag == wanted[len(kept)]:
                kept.append(tag)
        dropped = tuple(tag for tag in self.tags if tag not in kept)
        added = wanted[len(kept) :]
        facts: list[TaskEvent] = []
        if dropped:
            facts.append(TaskUntagged(tags=dropped))
        if added:
            facts.append(TaskTagged(tags=added))
        return facts

    # Evolution: accept what happened, refuse nothing.

    def apply(self, recorded: Recorded) -> "Task":
        at = recorded.recorded_at
        now = replace(self, version=recorded.originator_version, updated_at=at)
        event: TaskEvent = recorded.event  # type: ignore[assignment] # a task's stream holds only these
        match event:
            case TaskCreated():
                return Task(
                    version=recorded.originator_version,
                    id=TaskId(recorded.originator_id),
                    owner=event.owner,
                    title=event.title,
                    description=event.description,
                    priority=event.priority,
                    tags=event.tags,
                    due_at=event.due_at,
                    created_at=at,
                    updated_at=at,
                )
            case TaskUpdated():
                return replace(
                    now,
                    title=self.title if event.title is UNSET else event.title,
                    description=(
                        self.description if event.description is UNSET else event.description
                    ),
                    priority=self.priority if event.priority is UNSET else event.priority,
                )
            case TaskTagged(tags=tags):
                return replace(now, tags=(*self.tags, *tags))
            case TaskUntagged(tags=tags):
                return replace(now, tags=tuple(tag for tag in self.tags if tag not in tags))
            case TaskRescheduled(due_at=due_at):
                return replace(now, due_at=due_at)
            case TaskCompleted():
                return replace(now, status=Status.COMPLETED, completed_at=at)
            case TaskReopened():
                return replace(now, status=Status.OPEN, completed_at=None)
            case TaskDeleted():
                return replace(now, status=Status.DELETED, deleted_at=at)
            case TaskRestored():
                status = Status.OPEN if self.completed_at is None else Status.COMPLETED
                return replace(now, status=status, deleted_at=None)
            case _:
                assert_never(event)


def _unique(tags: Sequence[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(tags))
    if len(unique) > MOST_TAGS:
        raise TooManyTags(len(unique))
    return unique


def _within_range(due_at: datetime | None) -> datetime | None:
    if due_at is None:
        return None
    if not EARLIEST <= due_at < LATEST:
        raise DateOutOfRange("due_at", due_at)
    return due_at.astimezone(UTC)
