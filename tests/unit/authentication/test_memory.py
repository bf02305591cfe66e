"""What is remembered of identities, and when it counts."""

from uuid import UUID, uuid4

import pytest

from application.ports.identity import Identity
from domain.vocabulary import AccountId, Role
from infrastructure.authentication.memory import MAX_SILENCE_SECONDS, IdentityMemory
from tests.support.facts import ADA, BOB

SESSION = uuid4()
FAR = 1e12


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> IdentityMemory:
    memory = IdentityMemory(size=4, clock=clock, monotonic=clock)
    memory.confirm(clock.now)
    return memory


def identity(account: AccountId = ADA, session: UUID | None = SESSION) -> Identity:
    return Identity(
        account_id=account,
        actor=str(account),
        roles=frozenset({Role.USER}),
        session_id=session,
        expires_at=0,
    )


def keep(memory: IdentityMemory, name: str, who: Identity, *, until: float = FAR) -> None:
    memory.remember(name, who, until=until, since=memory.mark())


def test_what_was_proved_is_recalled_until_it_expires(memory: IdentityMemory, clock: Clock) -> None:
    keep(memory, "token", identity(), until=clock.now + 2)
    assert memory.recall("token") == identity()
    assert memory.recall("another") is None
    clock.now += 2
    assert memory.recall("token") is None


def test_nothing_counts_without_contact_to_the_log(memory: IdentityMemory, clock: Clock) -> None:
    keep(memory, "token", identity())
    clock.now += MAX_SILENCE_SECONDS
    assert memory.recall("token") is None
    memory.confirm(clock.now - 1)
    assert memory.recall("token") == identity()
    assert MAX_SILENCE_SECONDS < 5


def test_nothing_counts_before_the_first_contact(clock: Clock) -> None:
    memory = IdentityMemory(clock=clock, monotonic=clock)
    keep(memory, "token", identity())
    assert memory.recall("token") is None


def test_an_older_contact_takes_nothing_back(memory: IdentityMemory, clock: Clock) -> None:
    keep(memory, "token", identity())
    memory.confirm(clock.now - 100)
    assert memory.recall("token") == identity()


def test_an_account_or_a_session_is_forgotten_and_the_others_are_not(
    memory: IdentityMemory,
) -> None:
    other = uuid4()
    keep(memory, "one", identity())
    keep(memory, "two", identity(session=other))
    keep(memory, "three", identity(BOB, uuid4()))
    memory.forget({SESSION})
    assert memory.recall("one") is None
    assert memory.recall("two") == identity(session=other)
    memory.forget({ADA})
    assert memory.recall("two") is None
    assert memory.recall("three") is not None
    memory.forget_all()
    assert memory.recall("three") is None


def test_what_was_looked_up_before_something_was_forgotten_is_not_remembered(
    memory: IdentityMemory,
) -> None:
    mark = memory.mark()
    memory.forget({ADA})
    memory.remember("token", identity(), until=FAR, since=mark)
    assert memory.recall("token") is None


def test_no_more_is_remembered_than_was_allowed(memory: IdentityMemory) -> None:
    for number in range(9):
        keep(memory, str(number), identity())
    recalled = [number for number in range(9) if memory.recall(str(number)) is not None]
    assert 1 <= len(recalled) <= 4
    assert recalled[-1] == 8
