"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions.account_reactions import AdoptAccountAddress, MailAccountLinks
from application.reactions.endpoint_reactions import NotifyEndpointDisabled, TrackEndpointHealth
from application.reactions.list_reaction import EmptyDeletedLists, FindMembers
from application.reactions.notification_reactions import (
    RequestAddressVerification,
    RequestNotifications,
)
from application.reactions.reaction import Reaction
from application.reactions.recurrence_reaction import ContinueRecurrence
from application.reactions.security_reactions import NotifyOfSecurity
from application.reactions.undo_reaction import ChangeLog, FinishUndo

_REACTIONS: Sequence[Reaction] = (
    ContinueRecurrence(),
    RequestNotifications(),
    RequestAddressVerification(),
    TrackEndpointHealth(),
    NotifyEndpointDisabled(),
    MailAccountLinks(),
    AdoptAccountAddress(),
    NotifyOfSecurity(),
)

REACTION_NAMES = (*(each.name for each in _REACTIONS), EmptyDeletedLists.name, FinishUndo.name)


def reactions(members: FindMembers, log: ChangeLog) -> Sequence[Reaction]:
    """Return all reactions; `members` finds the tasks of a list, `log` what a change touched."""
    return (*_REACTIONS, EmptyDeletedLists(members), FinishUndo(log))
