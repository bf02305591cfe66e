"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions.notification_reactions import (
    AskToVerify,
    LookAfterEndpoints,
    Tell,
    TellOfSwitchOff,
)
from application.reactions.reaction import Reaction
from application.reactions.recurrence_reaction import Recurrence

REACTIONS: Sequence[Reaction] = (
    Recurrence(),
    Tell(),
    AskToVerify(),
    LookAfterEndpoints(),
    TellOfSwitchOff(),
)
