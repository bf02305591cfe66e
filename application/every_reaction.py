"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions import Reaction
from application.recurrence_reaction import Recurrence
from application.telling import AskToVerify, LookAfterEndpoints, Tell, TellOfSwitchOff

REACTIONS: Sequence[Reaction] = (
    Recurrence(),
    Tell(),
    AskToVerify(),
    LookAfterEndpoints(),
    TellOfSwitchOff(),
)
