"""A process draws few permits in advance, only under load, and they expire soon."""

from infrastructure.limits.gcra import Draw
from infrastructure.limits.permit_cache import (
    MAX_KEYS,
    PERMIT_LIFE_SECONDS,
    LocalPermits,
    PermitCache,
)


def test_a_key_with_few_requests_draws_nothing_in_advance() -> None:
    permits = LocalPermits()
    for moment in range(10):
        for part in range(40):
            permits.count_request(moment + part / 40)
            assert permits.prefetch_count() == 0


def test_a_busy_key_draws_the_demand_of_twenty_milliseconds() -> None:
    permits = LocalPermits()
    for n in range(2_000):
        permits.count_request(5 + n / 1_000)
    assert permits.prefetch_count() == 20
    permits.count_request(9.0)  # after a pause
    assert permits.prefetch_count() == 0


def test_permits_drawn_in_advance_are_used_until_they_expire() -> None:
    permits = LocalPermits()
    permits.apply(Draw(taken=5, remaining=7, retry_after=0), used=3, now=1.0)
    assert permits.available(1.0) == 2
    assert permits.take() == 8
    assert permits.available(1.0 + PERMIT_LIFE_SECONDS / 2) == 1
    assert permits.available(1.0 + PERMIT_LIFE_SECONDS) == 0


def test_an_exhausted_limit_blocks_the_key_until_a_permit_is_available() -> None:
    permits = LocalPermits()
    permits.apply(Draw(taken=2, remaining=0, retry_after=0), used=5, now=1.0)
    assert (permits.available(1.0), permits.blocked_for(1.0)) == (0, 0)
    permits.apply(Draw(taken=0, remaining=0, retry_after=0.5), used=1, now=1.0)
    assert permits.blocked_for(1.25) == 0.25
    assert permits.blocked_for(2.0) == 0


def test_a_full_cache_forgets_stale_keys_and_keeps_blocked_ones() -> None:
    cache = PermitCache()
    blocked = cache.of("blocked", 0.0)
    blocked.apply(Draw(taken=0, remaining=0, retry_after=60), used=1, now=0.0)
    stale = [cache.of(f"stale {n}", 0.0) for n in range(MAX_KEYS - 1)]
    assert cache.of("stale 0", 10.0) is stale[0]
    cache.of("new", 10.0)
    assert cache.of("blocked", 10.0) is blocked
    assert cache.of("stale 0", 10.0) is not stale[0]
