"""What a stream sends: where it begins, what it sends in between, and under which names."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from interfaces.http.live import stream
from interfaces.http.live.frames import SIGNALS, Frames
from tests.support.api import Api, Person


def sent(api: Api, ada: Person, after: int | None, *, named: bool = True) -> AsyncIterator[bytes]:
    who = api.parts.login.authenticator.claim(ada.tokens["access_token"]).signed
    assert who is not None
    return stream._sent(api.parts, who, after, Frames(named=named))


async def test_a_quiet_stream_is_kept_alive(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 15 <= stream.KEEP_ALIVE_SECONDS <= 30
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.05)
    frames = sent(api, ada, None)
    assert b"event: listening" in await anext(frames)
    assert await anext(frames) == b": keep-alive\n\n"


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.usefixtures("database_url")
async def test_a_stream_names_its_events_unless_it_is_asked_not_to(
    api: Api, ada: Person, *, named: bool
) -> None:
    frames = sent(api, ada, None, named=named)
    begin = await anext(frames)
    await ada.task()
    text = (begin + await anext(frames)).decode()
    assert ("event: listening" in text) == named
    assert ("event: task.created" in text) == named
    data = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert data[-1]["type"] == "task.created"
    assert data[0] == ({} if named else {"type": "listening"})


@pytest.mark.parametrize(
    ("after", "last_event_id", "position"),
    [(None, None, None), (7, None, 7), (None, "9", 9), (7, "9", 9), (9, "7", 9), (0, "0", 0)],
)
def test_of_two_positions_the_later_applies(
    after: int | None, last_event_id: str | None, position: int | None
) -> None:
    assert stream._resume(after, last_event_id) == position


@pytest.mark.usefixtures("database_url")
async def test_a_position_beyond_the_log_gets_a_resync_and_then_what_happens(
    api: Api, ada: Person
) -> None:
    await ada.task()
    frames = sent(api, ada, 10**12)
    text = (await anext(frames)).decode()
    if "event: resync" not in text:
        text += (await anext(frames)).decode()
    found = re.search(r"^id: (\d+)\nevent: resync$", text, re.MULTILINE)
    assert found, text
    position = int(found[1])
    made = await ada.ask("POST", "/tasks", {"title": "Heard after it"})
    heard = (await anext(frames)).decode()
    assert "event: task.created" in heard
    assert position < int(made.headers["annals-position"]) < 10**12


@pytest.mark.usefixtures("database_url")
async def test_the_types_of_events_are_listed_for_everybody(api: Api, ada: Person) -> None:
    types = (await api.http.get("/stream/types")).json()
    assert types["signals"] == list(SIGNALS)
    assert {"task.created", "reminder.triggered", "series.started"} <= set(types["events"])
    frames = sent(api, ada, None)
    begin = await anext(frames)
    await ada.task()
    text = (begin + await anext(frames)).decode()
    names = {line[7:] for line in text.splitlines() if line.startswith("event: ")}
    assert "task.created" in names
    assert names <= {*types["events"], *types["signals"]}
