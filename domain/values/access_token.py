"""A personal access token as its account knows it: what it may do, and until when."""

from datetime import datetime

from domain.record import Record
from domain.vocabulary import Scope, TokenId


class AccessToken(Record):
    """Null for `expires_at`: it does not expire."""

    id: TokenId
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at
