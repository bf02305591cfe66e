"""Troubles that a person at the command line is told in one sentence, not in a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from infrastructure.bootstrap import OPERATION_ERRORS


@contextmanager
def reported_errors() -> Iterator[None]:
    try:
        yield
    except OPERATION_ERRORS as refusal:
        raise click.ClickException(str(refusal)) from refusal
