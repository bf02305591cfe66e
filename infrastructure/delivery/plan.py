"""What a worker does with a pending notification: deliver it, postpone it, or suppress it."""

from datetime import datetime
from typing import TypeAlias

from application.channels import Delivery
from domain.record import Record
from domain.values.delivery_reason import DeliveryReason


class Deliver(Record):
    """Hand this to the channel now."""

    delivery: Delivery


class Postpone(Record):
    """Try again at this time, at the earliest."""

    until: datetime


class Suppress(Record):
    """Never deliver it, for this reason."""

    why: DeliveryReason


Plan: TypeAlias = Deliver | Postpone | Suppress
