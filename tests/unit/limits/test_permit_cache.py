"""What is drawn in advance of a limit is little, soon void, and only for who is busy."""

from infrastructure.limits.permit_cache import LIFE_SECONDS, LocalPermits


def test_who_asks_seldom_draws_nothing_in_advance() -> None:
    purse = LocalPermits()
    for moment in range(10):
        for part in range(40):
            purse.asked(moment + part / 40)
            assert purse.need() == 0


def test_who_is_busy_draws_the_need_of_twenty_milliseconds() -> None:
    purse = LocalPermits()
    for n in range(2_000):
        purse.asked(5 + n / 1_000)
    assert purse.need() == 20
    purse.asked(9.0)  # after a rest
    assert purse.need() == 0


def test_what_was_drawn_is_paid_with_until_it_lapses() -> None:
    purse = LocalPermits()
    purse.remaining = 7
    purse.refill(2, now=1.0)
    assert purse.left(1.0) == 2
    assert purse.take() == 8
    assert purse.left(1.0 + LIFE_SECONDS / 2) == 1
    assert purse.left(1.0 + LIFE_SECONDS) == 0
