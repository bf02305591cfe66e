"""The relay pauses for as long as it takes a handful of events to come, within bounds."""

import pytest

from infrastructure.relaying.relay import (
    MAX_PAUSE_SECONDS,
    MIN_PAUSE_SECONDS,
    PAUSE_EVENTS,
    next_pause,
)


@pytest.mark.parametrize("events_a_second", [1, 300, 1_000, 2_000, 5_000, 100_000])
def test_the_pause_settles_at_the_time_in_which_a_handful_comes(events_a_second: int) -> None:
    pause = MIN_PAUSE_SECONDS
    for _ in range(20):
        pause = next_pause(pause, round(pause * events_a_second))
    wanted = min(MAX_PAUSE_SECONDS, max(MIN_PAUSE_SECONDS, PAUSE_EVENTS / events_a_second))
    assert pause == pytest.approx(wanted, rel=0.1)


def test_a_full_page_is_followed_at_once_and_silence_by_the_longest_pause() -> None:
    assert next_pause(MAX_PAUSE_SECONDS, 2_000) == MIN_PAUSE_SECONDS
    assert next_pause(MAX_PAUSE_SECONDS, 0) == MAX_PAUSE_SECONDS
