"""Shows an expected error at the command line as a sentence instead of a traceback."""

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
