"""A change as the log has it, which a view that is behind, or ahead by later events, does not show.

So the answer to an undo names the same things whenever it is given.
"""

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from application.undo.past_change import Histories
from domain.aggregate import fold
from domain.events.recorded import Recorded
from domain.task import Task
from projections.views.audit_trail.changes import MadeChange, StreamKind

_TITLES = 3


def as_recorded(change: MadeChange, histories: Histories, until: int) -> MadeChange:
    """Return the change as of the log position `until`, given the histories of its streams.

    Its actions are those up to then, and its titles those that its tasks had right after it. Of a
    change with more streams than it names, the view has the actions.
    """
    own = {
        stream: found
        for stream in change.streams
        if (found := [each for each in histories.get(stream, ()) if _is_of(each, change, until)])
    }
    tasks = [stream for stream in own if change.streams[stream].kind is StreamKind.TASK]
    titles = [_title(histories[stream], own[stream][-1]) for stream in tasks[:_TITLES]]
    if change.stream_count > len(change.streams):
        return replace(change, titles=titles)
    actions = Counter(
        str(type(each.event).__struct_config__.tag) for found in own.values() for each in found
    )
    return replace(
        change,
        titles=titles,
        actions=dict(actions),
        streams={stream: change.streams[stream] for stream in own},
        stream_count=len(own),
    )


def _is_of(recorded: Recorded, change: MadeChange, until: int) -> bool:
    return recorded.change_id == change.id and recorded.position <= until


def _title(history: Sequence[Recorded], last: Recorded) -> str:
    past = [each for each in history if each.originator_version <= last.originator_version]
    return fold(Task(), past).title
