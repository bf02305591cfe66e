"""Troubles that a person at the command line is told in one sentence, not in a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from application.ports import Unavailable
from application.ports.startup import OperationRefused
from domain.errors import DomainError


@contextmanager
def reported_errors() -> Iterator[None]:
    try:
        yield
    except (OperationRefused, DomainError, Unavailable) as refusal:
        raise click.ClickException(str(refusal)) from refusal
