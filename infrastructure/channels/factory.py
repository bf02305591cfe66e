"""Creates the channels that the settings configure."""

from application.channels import Channel
from application.ports.startup import BadSetting
from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email_message import sender_of
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.web_push import WebPushChannel
from infrastructure.channels.webhook import WebhookChannel
from infrastructure.config.settings import Settings, variable_name


def channels(settings: Settings, outbound: Outbound) -> dict[str, Channel]:
    """Return the channels by name, without connecting to anything.

    `outbound` sends requests to URLs of users. E-mail needs ANNALS_SMTP_HOST, web push needs
    ANNALS_VAPID_PRIVATE_KEY.

    Raises:
        BadSetting: the sender's address or the VAPID key is invalid.
    """
    configured: list[Channel] = [WebhookChannel(outbound)]
    if settings.smtp.host is not None:
        configured.append(_email(settings, settings.smtp.host))
    if settings.push.vapid_private_key is not None:
        configured.append(_web_push(settings, settings.push.vapid_private_key, outbound))
    return {channel.name: channel for channel in configured}


def _email(settings: Settings, host: str) -> EmailChannel:
    server = SmtpServer(
        host=host,
        port=settings.smtp.port,
        tls=settings.smtp.tls,
        username=settings.smtp.username,
        password=settings.smtp.password,
        timeout=settings.smtp.timeout_seconds,
    )
    try:
        return EmailChannel(server, sender=sender_of(settings.smtp.sender))
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('mail_from')} {must_be}.") from must_be


def _web_push(settings: Settings, key: str, outbound: Outbound) -> WebPushChannel:
    try:
        # Push services send complaints to the sender of our mail.
        contact = f"mailto:{sender_of(settings.smtp.sender).addr_spec}"
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('mail_from')} {must_be}.") from must_be
    try:
        return WebPushChannel(outbound, vapid_key=key, contact=contact)
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('vapid_private_key')} {must_be}.") from must_be
