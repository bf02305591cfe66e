"""The list of all reactions."""

from collections.abc import Sequence

from application.reactions import Reaction

REACTIONS: Sequence[Reaction] = ()
