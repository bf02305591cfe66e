"""Shows an expected error at the command line as a sentence instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from application.ports.startup import OperationRefused
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from domain.errors import DomainError


@contextmanager
def reported_errors() -> Iterator[None]:
    try:
        yield
    except (OperationRefused, DomainError, Unavailable, UnreadableEvent) as refusal:
        raise click.ClickException(str(refusal)) from refusal
