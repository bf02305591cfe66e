"""Whatever was done: undo puts the last change back exactly, and undo of that makes it again."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from application.command import Command
from application.commands.identity.accounts import RenameAccount
from application.commands.lists import (
    ArchiveList,
    ChangeList,
    CreateList,
    DeleteList,
    UnarchiveList,
)
from application.commands.notifications import MarkNotification, ReadInbox
from application.commands.occurrence_changes import (
    ChangeOccurrences,
    SkipOccurrence,
    UnskipOccurrence,
)
from application.commands.preferences import (
    AddEndpoint,
    ChangePreferences,
    NoteGone,
    RemoveEndpoint,
    SwitchOnEndpoint,
    VerifyAddress,
)
from application.commands.recurrence import EndRecurrence, SeriesScope, SetRecurrence
from application.commands.reminders import (
    CancelReminder,
    SetReminder,
    SnoozeReminder,
    TriggerReminder,
)
from application.commands.saved_searches import ChangeSearch, DeleteSearch, SaveSearch
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    UntagTask,
)
from domain.errors import DomainError
from domain.events.preferences import PreferencesChanged
from domain.preferences import Preferences
from domain.reminders.spec import ReminderSpec
from domain.saved_search import SavedSearch
from domain.task import Task
from domain.task_list import TaskList
from domain.values.schedule import Materialization
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange
from domain.vocabulary import (
    ChannelName,
    EndpointId,
    ListId,
    ListTasks,
    Priority,
    ReminderId,
    SearchId,
    SeriesId,
    TaskId,
)
from tests.support.facts import ADA
from tests.support.undo_scenario import (
    MOST_ENDPOINTS,
    NOTICE,
    States,
    UndoScenario,
    comparable,
    is_gone,
)

EIGHT = datetime(2030, 1, 1, 8, tzinfo=UTC)
DUE = EIGHT + timedelta(hours=30)
FIELDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Water", "Drown"]),
        "description": st.sampled_from(["", "All of them"]),
        "priority": st.sampled_from(Priority),
        "estimate": st.sampled_from([None, "PT1H"]),
        "tags": st.sampled_from([(), ("b", "a"), ("a", "c"), ("c", "b", "a")]),
    },
)
DATES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"due_at": DUE}, {"due_at": DUE + timedelta(days=3)}, {"due_on": date(2030, 1, 9)},
     {"due_at": None}]
)  # fmt: skip
SCOPES = st.sampled_from(SeriesScope)
# What is asked, of which of the tasks there are, and how many hours later.
STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("create"), st.tuples(FIELDS, DATES)),
            st.tuples(st.just("change"), st.tuples(FIELDS, DATES)),
            st.tuples(st.just("occurrences"), st.tuples(FIELDS, SCOPES)),
            st.tuples(st.just("tag"), st.sampled_from(["a", "d"])),
            st.tuples(st.just("untag"), st.sampled_from(["a", "d"])),
            st.tuples(
                st.sampled_from(
                    ["complete", "reopen", "delete", "restore", "skip", "unskip", "end", "trigger"]
                ),
                st.just(None),
            ),
            st.tuples(
                st.just("remind"),
                st.tuples(
                    st.sampled_from(["PT30M", "P1D", None]), st.sampled_from([None, *SeriesScope])
                ),
            ),
            st.tuples(st.just("cancel"), st.sampled_from([None, *SeriesScope])),
            st.tuples(st.just("snooze"), st.just(None)),
            st.tuples(
                st.just("recur"),
                st.tuples(
                    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU", "FREQ=DAILY;COUNT=2"]),
                    st.sampled_from(Materialization),
                    SCOPES,
                ),
            ),
            st.tuples(st.just("list"), st.sampled_from(["Home", "Work"])),
            st.tuples(st.just("rename"), st.sampled_from(["Home", "Work"])),
            st.tuples(st.sampled_from(["archive", "unarchive", "enlist"]), st.just(None)),
            st.tuples(st.just("unlist"), st.sampled_from(ListTasks)),
            st.tuples(st.just("prefer"), st.sampled_from(["07:00", "09:00"])),
            st.tuples(st.just("address"), st.sampled_from(["a@annals.example", None])),
            st.tuples(
                st.sampled_from(["verify", "hook", "unhook", "enable", "break"]), st.just(None)
            ),
            st.tuples(st.sampled_from(["save", "resave"]), st.sampled_from(["red", "blue"])),
            st.tuples(st.just("unsave"), st.just(None)),
            st.tuples(st.just("mark"), st.booleans()),
            st.tuples(st.just("read"), st.just(None)),
            st.tuples(st.just("name"), st.sampled_from(["Ada", "Countess"])),
        ),
        st.integers(0, 5),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(  # an occurrence that moved: the task of its old time has an id of its own
    recurring=False,
    steps=[
        (("recur", ("FREQ=WEEKLY;BYDAY=TU", Materialization.HORIZON, SeriesScope.THIS)), 0, 0),
        (("change", ({}, {"due_at": DUE + timedelta(days=3)})), 1, 0),
        (("recur", ("FREQ=DAILY", Materialization.HORIZON, SeriesScope.ALL)), 1, 0),
    ],
)
@given(steps=STEPS, recurring=st.booleans())
def test_undo_puts_the_last_change_back_exactly_and_redo_makes_it_again(
    steps: list[Any], recurring: bool
) -> None:
    beginning = [("recur", ("FREQ=DAILY", Materialization.NEXT, SeriesScope.THIS)), 0, 0]
    asyncio.run(undone_and_redone([*([beginning] if recurring else []), *steps]))


async def undone_and_redone(steps: list[Any]) -> None:
    scenario = UndoScenario(EIGHT)
    start, change = await lived(scenario, steps)
    if change is None:
        return
    before, after = scenario.states(until=start), scenario.states()
    began = after.keys() - before.keys()
    undo = await scenario.undo(change)
    assert scenario.store.log[-1].change_id == UUID(int=undo)
    assert not any(past.actor.startswith("system:") for past in scenario.of_change(undo))
    undone = scenario.states()
    assert comparable(without(undone, began)) == comparable(before)
    assert all(is_gone(undone[stream]) for stream in began)
    redo = await scenario.undo(undo)
    assert comparable(scenario.states()) == comparable(after)
    assert not any(past.actor.startswith("system:") for past in scenario.of_change(redo))
    await scenario.undo(redo)
    assert comparable(without(scenario.states(), began)) == comparable(before)


async def lived(scenario: UndoScenario, steps: list[Any]) -> tuple[int, int | None]:
    """Do all of it; return the length of the log before the last change, and the change."""
    found: tuple[int, int | None] = (0, None)
    await scenario.has_account_and_notice()
    for (kind, wish), which, hours in [(("create", ({}, {"due_at": DUE})), 0, 0), *steps]:
        scenario.now += timedelta(hours=hours)
        start = len(scenario.store.log)
        tasks = [state for state in scenario.states().values() if isinstance(state, Task)]
        task = tasks[which % len(tasks)] if tasks else Task(id=TaskId(UUID(int=0)))
        lists = [state for state in scenario.states().values() if isinstance(state, TaskList)]
        command = (
            asked(kind, wish, task, scenario.changes + 1)
            or of_lists(
                kind, wish, task, lists[which % len(lists)] if lists else None, scenario.changes + 1
            )
            or of_account(kind, wish, scenario.states(), which, scenario.changes + 1)
        )
        if command is None:
            continue
        try:
            by = "system:clock" if kind in ("trigger", "break") else str(ADA)
            await scenario.ask(command, by=by)
        except DomainError:
            continue
        if scenario.of_change(scenario.changes):
            found = start, scenario.changes
        elif len(scenario.store.log) > start:
            found = start, None
    return found


def asked(kind: str, wish: Any, task: Task, number: int) -> Command[Any] | None:
    id_ = task.id or TaskId(UUID(int=0))
    new = uuid5(id_, str(number))
    reminder = next(reversed([*task.reminders.values()]), None)
    match kind:
        case "create":
            fields = TaskFields(**{"title": "Water"} | wish[0] | wish[1])
            return CreateTask(task_id=TaskId(new), owner=ADA, fields=fields)
        case "change":
            return ChangeTask(task_id=id_, change=TaskFieldsChange(**wish[0] | wish[1]))
        case "occurrences":
            return ChangeOccurrences(
                task_id=id_,
                series_id=SeriesId(new),
                scope=wish[1],
                change=TaskContentChange(**wish[0]),
            )
        case "tag":
            return TagTask(task_id=id_, tags=(wish,))
        case "untag":
            return UntagTask(task_id=id_, tag=wish)
        case "remind":
            spec = ReminderSpec(before=wish[0]) if wish[0] else ReminderSpec(at=DUE)
            return SetReminder(
                task_id=id_,
                reminder_id=ReminderId(new),
                series_id=SeriesId(new),
                spec=spec,
                scope=wish[1],
            )
        case "cancel" if reminder:
            return CancelReminder(
                task_id=id_, reminder_id=reminder.id, series_id=SeriesId(new), scope=wish
            )
        case "snooze" if reminder:
            return SnoozeReminder(task_id=id_, reminder_id=reminder.id, length="PT2H")
        case "trigger" if reminder:
            return TriggerReminder(
                task_id=id_,
                reminder_id=reminder.id,
                due_at=reminder.due_at,
                window=timedelta(hours=6),
            )
        case "recur":
            return SetRecurrence(
                task_id=id_,
                series_id=SeriesId(new),
                rule=wish[0],
                ahead=wish[1],
                scope=wish[2],
                timezone="Europe/Berlin",
                reminders=("PT1H",),
            )
        case "prefer":
            wanted = PreferencesChanged(day_starts_at=wish)
            return ChangePreferences(account_id=ADA, wanted=wanted)
    simple: dict[str, Any] = {
        "complete": CompleteTask,
        "reopen": ReopenTask,
        "delete": DeleteTask,
        "restore": RestoreTask,
        "skip": SkipOccurrence,
        "unskip": UnskipOccurrence,
        "end": EndRecurrence,
    }
    found: Command[Any] | None = simple[kind](task_id=id_) if kind in simple else None
    return found


def of_lists(
    kind: str, wish: Any, task: Task, known: TaskList | None, number: int
) -> Command[Any] | None:
    if kind == "list":
        return CreateList(list_id=ListId(UUID(int=number << 64)), owner=ADA, name=wish)
    if known is None or known.id is None:
        return None
    match kind:
        case "rename":
            return ChangeList(list_id=known.id, name=wish)
        case "archive":
            return ArchiveList(list_id=known.id)
        case "unarchive":
            return UnarchiveList(list_id=known.id)
        case "enlist" if task.id:
            return ChangeTask(task_id=task.id, change=TaskFieldsChange(list_id=known.id))
        case "unlist":
            to = known.id if wish is ListTasks.MOVE else None  # which is refused
            return DeleteList(list_id=known.id, tasks=wish, to=to)
    return None


def of_account(
    kind: str, wish: Any, states: States, which: int, number: int
) -> Command[Any] | None:
    """What the account has beside tasks: preferences, webhooks, saved searches, its inbox."""
    searches = [each for each in states.values() if isinstance(each, SavedSearch)]
    search = searches[which % len(searches)].id if searches else None
    mine = states.get(preferences_stream(ADA))
    hooks = list(mine.endpoints) if isinstance(mine, Preferences) else []
    hook = hooks[which % len(hooks)] if hooks else None
    match kind:
        case "address":
            return ChangePreferences(account_id=ADA, readdress=True, address=wish)
        case "verify":
            return VerifyAddress(account_id=ADA, address="a@annals.example")
        case "hook":
            return AddEndpoint(
                account_id=ADA,
                endpoint_id=EndpointId(UUID(int=number << 80)),
                channel=ChannelName.WEBHOOK,
                host="annals.example",
                most=MOST_ENDPOINTS,
            )
        case "unhook" if hook:
            return RemoveEndpoint(account_id=ADA, endpoint_id=hook)
        case "enable" if hook:
            return SwitchOnEndpoint(account_id=ADA, endpoint_id=hook)
        case "break" if hook:
            return NoteGone(account_id=ADA, endpoint_id=hook, why="gone")
        case "save":
            new = SearchId(UUID(int=number << 72))
            return SaveSearch(search_id=new, owner=ADA, name=wish, filter={"q": wish})
        case "resave" if search:
            return ChangeSearch(search_id=search, name=wish, filter={"tags": wish})
        case "unsave" if search:
            return DeleteSearch(search_id=search)
        case "mark":
            return MarkNotification(notification_id=NOTICE, read=wish)
        case "read":
            return ReadInbox(account_id=ADA)
        case "name":
            return RenameAccount(account_id=ADA, name=wish)
    return None


def without(states: States, streams: set[UUID]) -> States:
    return {stream: state for stream, state in states.items() if stream not in streams}
