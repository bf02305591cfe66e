"""What a stream says when nothing happens."""

import pytest

from interfaces.http.live import stream
from tests.support.api import Api, Person


async def test_a_quiet_stream_is_kept_alive(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 15 <= stream.KEEP_ALIVE_SECONDS <= 30
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.05)
    who = api.parts.login.tokens.verify(ada.tokens["access_token"])
    frames = stream._frames(api.parts, who, None)
    assert b"event: listening" in await anext(frames)
    assert await anext(frames) == b": keep-alive\n\n"
