"""A listener gets events at once up to its rate, and saves at most a second's worth."""

from infrastructure.live.token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_new_bucket_is_full() -> None:
    assert TokenBucket(10, Clock()).available() == 10


def test_tokens_come_back_at_the_rate_and_never_beyond_it() -> None:
    clock = Clock()
    bucket = TokenBucket(10, clock)
    bucket.take(10)
    assert bucket.available() == 0
    clock.now += 0.5
    assert bucket.available() == 5
    clock.now += 60
    assert bucket.available() == 10


def test_a_burst_beyond_the_tokens_leaves_no_debt() -> None:
    clock = Clock()
    bucket = TokenBucket(4, clock)
    bucket.take(1_000)
    assert bucket.available() == 0
    clock.now += bucket.interval
    assert bucket.available() == 1
