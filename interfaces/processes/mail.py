"""`annals mail`: runs a mail server that shows mail instead of sending it."""

import signal

import click

from infrastructure.bootstrap import catching_mail, load_settings


@click.command
@click.option(
    "--smtp-port",
    type=click.IntRange(1, 65535),
    default=1025,
    show_default=True,
    help="SMTP port on 127.0.0.1.",
)
@click.option(
    "--http-port",
    type=click.IntRange(1, 65535),
    default=8025,
    show_default=True,
    help="HTTP port that shows the mail, at /dev/mail.",
)
def command(smtp_port: int, http_port: int) -> None:
    """Run a mail server that shows mail instead of sending it.

    For development: accepts mail to any address and keeps the last 500 messages in memory. To use
    it, set ANNALS_SMTP_HOST=127.0.0.1, ANNALS_SMTP_PORT to the SMTP port and
    ANNALS_SMTP_TLS=none.
    """
    load_settings()
    signals = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # threads started later inherit the mask
    with catching_mail(smtp_port, http_port) as (port, address):
        click.echo(f"Mail sent to 127.0.0.1:{port} is shown at {address}")
        signal.sigwait(signals)
