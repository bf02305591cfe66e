"""Creates the channels that the settings configure."""

from application.channels import Channel
from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email_message import sender_of
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.web_push import WebPushChannel
from infrastructure.channels.webhook import WebhookChannel
from infrastructure.config.settings import BadSetting, Settings, variable_name


def outbound(settings: Settings) -> Outbound:
    """Return the client for requests to URLs of users, which also checks such URLs."""
    return Outbound(allowed=settings.webhook_allowed_networks)


def channels(settings: Settings) -> dict[str, Channel]:
    """Return the channels by name, without connecting to anything.

    E-mail needs ANNALS_SMTP_HOST, web push needs ANNALS_VAPID_PRIVATE_KEY.

    Raises:
        BadSetting: the sender's address or the VAPID key is invalid.
    """
    configured: list[Channel] = [WebhookChannel(outbound(settings))]
    if settings.smtp_host is not None:
        configured.append(_email(settings, settings.smtp_host))
    if settings.vapid_private_key is not None:
        configured.append(_web_push(settings, settings.vapid_private_key))
    return {channel.name: channel for channel in configured}


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


def _web_push(settings: Settings, key: str) -> WebPushChannel:
    try:
        # Push services send complaints to the sender of our mail.
        contact = f"mailto:{sender_of(settings.mail_from).addr_spec}"
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('mail_from')} {must_be}.") from must_be
    try:
        return WebPushChannel(outbound(settings), vapid_key=key, contact=contact)
    except ValueError as must_be:
        raise BadSetting(f"{variable_name('vapid_private_key')} {must_be}.") from must_be
