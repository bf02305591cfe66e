"""Under which names Redis keeps the queues of notifications, for those who only count them."""

from domain.vocabulary import ChannelName

NAMESPACE = "annals"
QUEUES: tuple[ChannelName, ...] = (ChannelName.EMAIL, ChannelName.WEB_PUSH, ChannelName.WEBHOOK)
