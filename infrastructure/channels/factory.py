"""Which channels this installation has."""

from application.channels import Channel
from application.ports.startup import BadSetting
from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email_message import sender_of
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.web_push import WebPushChannel
from infrastructure.channels.webhook import WebhookChannel
from infrastructure.config.settings import Settings, variable_name


def channels(settings: Settings, outbound: Outbound) -> dict[str, Channel]:
    """Return each channel by its name, and open nothing.

    Mail needs ANNALS_SMTP_HOST, web push ANNALS_VAPID_PRIVATE_KEY; `outbound` calls the
    addresses that users gave.

    Raises:
        BadSetting: a setting of a channel is invalid.
    """
    there: list[Channel] = [WebhookChannel(outbound)]
    if settings.smtp_host is not None:
        there.append(_email(settings, settings.smtp_host))
    if settings.vapid_private_key is not None:
        there.append(_web_push(settings, settings.vapid_private_key, outbound))
    return {channel.name: channel for channel in there}


def _email(settings: Settings, host: str) -> EmailChannel:
    server = SmtpServer(
        host=host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=settings.smtp_password,
        timeout=settings.smtp_timeout_seconds,
    )
    try:
        return EmailChannel(server, sender=sender_of(settings.mail_from))
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('mail_from')} {must_be}.") from must_be


def _web_push(settings: Settings, key: str, outbound: Outbound) -> WebPushChannel:
    try:
        # A push service that has a complaint writes to the sender of our mail.
        contact = f"mailto:{sender_of(settings.mail_from).addr_spec}"
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('mail_from')} {must_be}.") from must_be
    try:
        return WebPushChannel(outbound, vapid_key=key, contact=contact)
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('vapid_private_key')} {must_be}.") from must_be
