"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions.notification_reactions import (
    NotifyEndpointDisabled,
    RequestAddressVerification,
    RequestNotifications,
    TrackEndpointHealth,
)
from application.reactions.reaction import Reaction
from application.reactions.recurrence_reaction import ContinueRecurrence

REACTIONS: Sequence[Reaction] = (
    ContinueRecurrence(),
    RequestNotifications(),
    RequestAddressVerification(),
    TrackEndpointHealth(),
    NotifyEndpointDisabled(),
)
