"""Login sessions: a session gives out access tokens until it ends."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from application.ports.identity import Session, TokenPair
from domain.vocabulary import Role
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security import session_store
from infrastructure.security.tokens import TokenSigner


class LoginSessions:
    """Begins, renews and ends sessions, each of `session_life` since its last renewal.

    A session ends after `longest` however often it is renewed, and the oldest of an account when
    it has more than `most`.
    """

    def __init__(
        self,
        queries: QueryRunner,
        tokens: TokenSigner,
        *,
        session_life: timedelta,
        longest: timedelta = timedelta(days=365),
        most: int = 100,
    ) -> None:
        self._longest = longest
        self._most = most
        self._queries = queries
        self._tokens = tokens
        self._life = session_life

    async def login(self, account_id: UUID, roles: Sequence[Role]) -> TokenPair:
        """Begin a session of an account whose password was verified."""
        session = await self._queries.run(session_store.begin, account_id, self._life, self._most)
        return self.tokens_for(session, roles)

    async def renew(self, refresh_token: str) -> Session | None:
        """Exchange a refresh token for the next one; return None when its session has ended."""
        return await self._queries.run(
            session_store.rotate, refresh_token, self._life, self._longest
        )

    async def logout(self, refresh_token: str) -> None:
        """End the session a refresh token belongs to."""
        await self._queries.run(session_store.end, refresh_token)

    def tokens_for(self, session: Session, roles: Sequence[Role]) -> TokenPair:
        return TokenPair(
            access_token=self._tokens.issue(session.account_id, roles, session.id),
            expires_in=self._tokens.life,
            refresh_token=session.refresh_token,
            refresh_expires_in=int(self._life.total_seconds()),
        )
