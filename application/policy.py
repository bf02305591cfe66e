"""Who may do what: every `authorize`, of a read or a command, asks here."""

from application.command import Context
from domain.values.uuids import uuid_text
from domain.vocabulary import AccountId


def may_access(owner: AccountId | None, context: Context) -> bool:
    """Whether the actor may see and change what belongs to `owner`; None: it does not exist."""
    return owner is not None and (context.is_system or uuid_text(owner) == context.actor.encode())
