"""The queue for expensive work ends somewhere, and nobody fills it alone."""

from contextlib import ExitStack

import pytest

from application.ports.limits import TooManyWaiting
from infrastructure.limits.turns import ProcessTurns


def test_a_greedy_client_has_its_share_and_a_patient_one_is_served() -> None:
    turns = ProcessTurns(most=8, share=2)
    with ExitStack() as stack:
        stack.enter_context(turns.place("greedy"))
        stack.enter_context(turns.place("greedy"))
        with pytest.raises(TooManyWaiting):
            stack.enter_context(turns.place("greedy"))
        with turns.place("patient"):
            assert turns.taken == 3
    assert turns.taken == 0


def test_many_clients_together_have_no_more_than_all_places() -> None:
    turns = ProcessTurns(most=3, share=2)
    with ExitStack() as stack:
        for client in "abc":
            stack.enter_context(turns.place(client))
        with pytest.raises(TooManyWaiting):
            stack.enter_context(turns.place("d"))
    with turns.place("d"):
        pass
