"""Troubles that a person at the command line is told in one sentence, not in a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from infrastructure.bootstrap import CARE_REFUSALS


@contextmanager
def in_one_sentence() -> Iterator[None]:
    try:
        yield
    except CARE_REFUSALS as refusal:
        raise click.ClickException(str(refusal)) from refusal
