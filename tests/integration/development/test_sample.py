"""The sample of `annals dev --sample`: a year of history in which nothing rings."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from application.parts import AdministrationParts
from application.ports.startup import RunningInstance
from domain.aggregate import fold
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.vocabulary import AccountId
from infrastructure.bootstrap import open_administration, open_operations
from infrastructure.config.settings import Settings
from infrastructure.development.demo import EMAIL
from infrastructure.development.sample import fill_sample
from infrastructure.development.sample_script import script
from tests.support.facts import ADA, NINE

PASSWORD = "a long password"


class Steps:
    """Implements `application.ports.startup.Progress`; `steps` is what it showed."""

    def __init__(self, *, fail_after: int = 1_000_000) -> None:
        self.steps: list[str] = []
        self._fail_after = fail_after

    def step(self, text: str) -> None:
        self.steps.append(text)
        if len(self.steps) > self._fail_after:
            raise KeyboardInterrupt

    def running(self, instance: RunningInstance) -> None:
        raise AssertionError

    def warn(self, line: str) -> None:
        raise AssertionError


async def filled(settings: Settings, progress: Steps | None = None) -> int:
    async with open_administration(settings) as parts:
        return await fill_sample(parts, PASSWORD, progress or Steps())


async def events(settings: Settings) -> Sequence[Recorded]:
    async with open_operations(settings) as operations:
        found: list[Recorded] = []
        end = max(view.position + view.lag_events for view in await operations.views())
        async for entry in operations.tail(last=100_000):
            assert isinstance(entry, Recorded)
            found.append(entry)
            if len(found) == end:
                return found
    raise AssertionError


async def test_a_year_is_filled_once_and_lies_in_the_past(database_url: str, keys: Path) -> None:
    settings = Settings.of(database_url=database_url, keys_dir=keys)
    progress = Steps()
    assert await filled(settings, progress) > 1_000
    assert "of" in progress.steps[-1]
    first = await events(settings)
    moments = [entry.recorded_at for entry in first]
    assert moments == sorted(moments)
    assert moments[-1] <= datetime.now(UTC)
    assert moments[-1] - moments[0] > timedelta(days=350)
    assert await filled(settings) == 0
    assert len(await events(settings)) == len(first)


async def test_nothing_rings_for_the_past(database_url: str, keys: Path) -> None:
    settings = Settings.of(database_url=database_url, keys_dir=keys)
    await filled(settings)
    kinds: Counter[str] = Counter()
    pending: dict[str, datetime] = {}
    for entry in await events(settings):
        tag = type(entry.event).__struct_config__.tag
        kinds[str(tag)] += 1
        reminder = str(getattr(entry.event, "reminder_id", ""))
        if tag in {"reminder.set", "reminder.rearmed"}:
            pending[reminder] = entry.event.due_at  # type: ignore[union-attr, assignment]
        elif tag == "reminder.cancelled":
            del pending[reminder]
    assert kinds["reminder.set"] > 50
    assert kinds["reminder.triggered"] == kinds["reminder.missed"] == 0
    assert all(due > datetime.now(UTC) for due in pending.values())
    assert kinds["task.occurrence_generated"] > 150
    assert kinds["task.tagged"] > 30


async def test_a_run_that_was_cut_short_is_finished_by_the_next(
    database_url: str, keys: Path
) -> None:
    settings = Settings.of(database_url=database_url, keys_dir=keys)
    with pytest.raises(KeyboardInterrupt):
        await filled(settings, Steps(fail_after=5))
    begun = len(await events(settings))
    await filled(settings)
    whole = [(entry.originator_id, entry.originator_version) for entry in await events(settings)]
    assert begun < len(whole)
    assert len(whole) == len(set(whole))
    assert await filled(settings) == 0


async def test_the_demo_account_can_log_in(database_url: str, keys: Path) -> None:
    settings = Settings.of(database_url=database_url, keys_dir=keys)
    await filled(settings)
    async with open_administration(settings) as parts:
        assert await parts.passwords.verify(await demo(parts), PASSWORD)
        account = fold(Account(), await parts.streams.events(await demo(parts)))
        assert account.email == EMAIL


def test_the_script_is_the_same_each_time() -> None:
    assert script(ADA, NINE) == script(ADA, NINE)


async def demo(parts: AdministrationParts) -> AccountId:
    account = await parts.streams.account_with_email(EMAIL)
    assert account is not None
    return account
