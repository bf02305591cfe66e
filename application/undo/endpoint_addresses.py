"""Keeps the addresses of webhooks and push subscriptions in step with an undo.

The addresses are secrets outside the log. Of a removed endpoint the address is kept for a day.
"""

from collections.abc import Mapping, Set
from uuid import UUID

from application.ports.endpoints import EndpointAddresses
from domain.preferences import Preferences
from domain.record import Record
from domain.states.preferences_state import Endpoint
from domain.undo.effect import Effect
from domain.undo.preferences_values import ENDPOINT
from domain.undo.refusals import NotUndoable
from domain.vocabulary import AccountId


class TouchedEndpoints(Record):
    """The endpoints that a change added, removed or switched: `removed` by the change, so that the
    undo puts them back, and `all` of them."""

    removed: Set[UUID]
    all: Set[UUID]

    async def put_back(self, account: AccountId, addresses: EndpointAddresses) -> None:
        """Keep the addresses of the removed endpoints before the undo puts these back.

        Raises:
            NotUndoable: an address was deleted for good, a day after the removal.
            Unavailable: the addresses cannot be read.
        """
        if self.removed and not await addresses.put_back(account, self.removed):
            raise NotUndoable(
                "The address and the secrets of a removed webhook or push subscription are deleted"
                " a day after the removal. Add the webhook or subscription again."
            )

    async def settle(
        self, present: Preferences, account: AccountId, addresses: EndpointAddresses
    ) -> None:
        """Keep the addresses of the endpoints that are `present` after the undo, and remove those
        of the others: also where another undo of the same ran at the same time.

        Raises:
            Unavailable: the addresses cannot be written.
        """
        if kept := self.all & present.endpoints.keys():
            await addresses.put_back(account, kept)
        for each in self.all - present.endpoints.keys():
            await addresses.remove(each)


def touched_endpoints(effects: Mapping[UUID, Effect]) -> TouchedEndpoints:
    """Return the endpoints that a change touched, given what it did to each stream."""
    named = {
        UUID(name.removeprefix(ENDPOINT)): before
        for effect in effects.values()
        for name, before in effect.before.items()
        if name.startswith(ENDPOINT)
    }
    after = {
        UUID(name.removeprefix(ENDPOINT))
        for effect in effects.values()
        for name, value in effect.after.items()
        if name.startswith(ENDPOINT) and isinstance(value, Endpoint)
    }
    removed = {
        id_ for id_, before in named.items() if isinstance(before, Endpoint) and id_ not in after
    }
    return TouchedEndpoints(removed=removed, all=named.keys())
