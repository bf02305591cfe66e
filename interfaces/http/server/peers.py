"""Counts the connections of each network address to this process."""

from collections.abc import Sequence

from domain.record import Record
from interfaces.http.middleware.address import counted, within
from interfaces.http.middleware.crowd import Crowd
from interfaces.http.middleware.settings import Network

# Beyond so many times the limit, a connection is not even answered.
FAR_TOO_MANY = 2


class Peer(Record):
    """The address of a connection, None if it is not counted, and whether it has too many."""

    address: str | None
    too_many: bool = False
    far_too_many: bool = False


class Peers:
    """The connections of all addresses but trusted proxies, each at most `most` (0: any number).

    A proxy opens the connections of all of its clients; the edge counts their requests instead.
    """

    def __init__(self, most: int, trusted: Sequence[Network]) -> None:
        self._crowd = Crowd(most)
        self._trusted = tuple(trusted)

    def enter(self, client: tuple[str, int] | None) -> Peer:
        """Count a connection of the client; None: it has no address (a Unix socket)."""
        if client is None or not self._crowd.most or within(client[0], self._trusted):
            return Peer(address=None)
        address = counted(client[0])
        too_many = self._crowd.enter(address)
        far = too_many and self._crowd.count(address) > FAR_TOO_MANY * self._crowd.most
        return Peer(address=address, too_many=too_many, far_too_many=far)

    def leave(self, peer: Peer) -> None:
        """Stop counting a connection."""
        if peer.address is not None:
            self._crowd.leave(peer.address)
