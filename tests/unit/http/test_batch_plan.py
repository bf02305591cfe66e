"""The requests of a batch are sent after those that they depend on."""

import pytest

from interfaces.http.batch.batch_bodies import BatchItem
from interfaces.http.batch.batch_plan import in_order, planned
from interfaces.http.problems.documents import HttpProblem
from tests.support.seed import seeded


def batch(*after: list[int]) -> list[BatchItem]:
    return [
        BatchItem(id=str(n), method="GET", url="/tasks", depends_on=[str(each) for each in names])
        for n, names in enumerate(after)
    ]


def order(*after: list[int]) -> list[int]:
    return list(in_order(planned(batch(*after), key=None, atomic=False)))


def test_requests_without_dependencies_keep_their_order() -> None:
    assert order(*([] for _ in range(100))) == list(range(100))


def test_a_request_comes_right_after_those_it_needs() -> None:
    assert order([2], [], [1], [0, 2, 2]) == [1, 2, 0, 3]


@pytest.mark.parametrize("after", [[[0]], [[1], [0]], [[], [3], [1], [2]]])
def test_a_cycle_is_refused(after: list[list[int]]) -> None:
    with pytest.raises(HttpProblem, match="depends on itself"):
        order(*after)


def test_any_order_that_exists_is_found() -> None:
    chance = seeded("batch order")
    for _ in range(200):
        count = chance.randint(1, 20)
        wanted = chance.sample(range(count), count)
        place_of = {place: n for n, place in enumerate(wanted)}
        after = [
            [each for each in wanted[: place_of[place]] if chance.random() < 0.2]
            for place in range(count)
        ]
        found = order(*after)
        assert sorted(found) == list(range(count))
        for place, names in enumerate(after):
            assert all(found.index(each) < found.index(place) for each in names)
