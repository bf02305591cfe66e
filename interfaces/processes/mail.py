"""`annals mail`: a mail server that sends nothing on."""

import signal

import click

from infrastructure.bootstrap import catching_mail, load_settings


@click.command
@click.option(
    "--smtp-port",
    type=click.IntRange(1, 65535),
    default=1025,
    show_default=True,
    help="Take mail on this port of 127.0.0.1.",
)
@click.option(
    "--http-port",
    type=click.IntRange(1, 65535),
    default=8025,
    show_default=True,
    help="Show it on this one, at /dev/mail.",
)
def command(smtp_port: int, http_port: int) -> None:
    """Catch mail instead of sending it, and show it.

    For development: whatever the addresses, all mail ends here, and the last 500 are kept until
    this process ends. To use it, set ANNALS_SMTP_HOST=127.0.0.1, ANNALS_SMTP_PORT to the port and
    ANNALS_SMTP_TLS=none.
    """
    load_settings()
    told = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, told)  # before the threads begin, which inherit it
    with catching_mail(smtp_port, http_port) as (port, address):
        click.echo(f"Mail to 127.0.0.1:{port} is shown at {address}")
        signal.sigwait(told)
