"""Settings of quotas: how much an account may have, and record in a day."""

from dataclasses import dataclass

from infrastructure.config import parsers as read
from infrastructure.config.variable import var

_NUMBER = read.whole(0, 1_000_000_000)


@dataclass(frozen=True, kw_only=True)
class QuotaSettings:
    tasks: int = var(
        "ANNALS_TASKS",
        "Tasks of an account, open or not, but not deleted; 0: no limit.",
        _NUMBER,
        100_000,
    )
    series: int = var(
        "ANNALS_SERIES",
        "Series of an account that have not ended; 0: no limit.",
        _NUMBER,
        1_000,
    )
    reminders: int = var(
        "ANNALS_REMINDERS",
        "Reminders of an account that are still to be sent; 0: no limit. A task has 20 at most.",
        _NUMBER,
        20_000,
    )
    lists: int = var(
        "ANNALS_LISTS",
        "Lists of an account that are not deleted.",
        read.whole(1, 1_000),
        200,
    )
    searches: int = var(
        "ANNALS_SEARCHES",
        "Saved searches of an account that are not deleted.",
        read.whole(1, 1_000),
        200,
    )
    endpoints: int = var(
        "ANNALS_ENDPOINTS",
        "Webhooks of an account, and as many push subscriptions.",
        read.whole(1, 1_000),
        10,
    )
    events_per_day: int = var(
        "ANNALS_EVENTS_PER_DAY",
        "Events that an account may record in a day (UTC); 0: no limit.",
        _NUMBER,
        100_000,
    )
    megabytes_per_day: int = var(
        "ANNALS_MEGABYTES_PER_DAY",
        "Size of these events (1 MB is 1,000,000 bytes); 0: no limit.",
        _NUMBER,
        256,
    )
    stream_events: int = var(
        "ANNALS_STREAM_EVENTS",
        "Events of one task, series or other stream, beyond which a request may only complete, end "
        "or delete it; 0: no limit.",
        _NUMBER,
        10_000,
    )
