"""Builds the client that calls addresses users gave: the one way out for webhooks and web push."""

from infrastructure.channels.outbound import Outbound
from infrastructure.config.settings import Settings


def outbound(settings: Settings) -> Outbound:
    """Return a client that reaches public addresses, and the networks the settings allow."""
    return Outbound(allowed=settings.webhooks.allowed_networks)
