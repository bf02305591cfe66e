"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions import Reaction
from application.telling import AskToVerify, LookAfterEndpoints, Tell, TellOfSwitchOff

REACTIONS: Sequence[Reaction] = (Tell(), AskToVerify(), LookAfterEndpoints(), TellOfSwitchOff())
