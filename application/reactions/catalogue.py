"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions.endpoint_reactions import NotifyEndpointDisabled, TrackEndpointHealth
from application.reactions.notification_reactions import (
    RequestAddressVerification,
    RequestNotifications,
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
