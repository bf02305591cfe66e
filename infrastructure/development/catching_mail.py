"""Runs the servers of `annals mail`: one that catches mail, and one that shows it."""

from collections.abc import Iterator
from contextlib import contextmanager

from infrastructure.development.embedded.mail import CatchingMailServer
from infrastructure.development.embedded.mail_pages import mail_pages


@contextmanager
def catching_mail(smtp_port: int, http_port: int) -> Iterator[tuple[int, str]]:
    """Catch mail while the block runs; yield the port for mail and the address of the pages.

    Raises:
        CannotStart: a port is taken.
    """
    with CatchingMailServer(smtp_port) as mails, mail_pages(mails, http_port) as address:
        yield mails.port, address
