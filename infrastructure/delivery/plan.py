"""What a worker does with a pending notification: deliver it, postpone it, or suppress it."""

from datetime import datetime
from typing import TypeAlias

from application.channels import Delivery
from domain.record import Record


class Deliver(Record):
    """Hand this to the channel now."""

    delivery: Delivery


class Postpone(Record):
    """Try again at this time, at the earliest."""

    until: datetime


class Suppress(Record):
    """Never deliver it; `why` is a sentence fragment that the person is shown."""

    why: str


Plan: TypeAlias = Deliver | Postpone | Suppress
