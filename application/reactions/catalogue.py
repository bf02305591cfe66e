"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions.account_reactions import AdoptAccountAddress, MailAccountLinks
from application.reactions.endpoint_reactions import NotifyEndpointDisabled, TrackEndpointHealth
from application.reactions.notification_reactions import (
    RequestAddressVerification,
    RequestNotifications,
)
from application.reactions.reaction import Reaction
from application.reactions.recurrence_reaction import ContinueRecurrence
from application.reactions.security_reactions import NotifyOfSecurity

REACTIONS: Sequence[Reaction] = (
    ContinueRecurrence(),
    RequestNotifications(),
    RequestAddressVerification(),
    TrackEndpointHealth(),
    NotifyEndpointDisabled(),
    MailAccountLinks(),
    AdoptAccountAddress(),
    NotifyOfSecurity(),
)
