"""Login sessions: a session gives out access tokens until it ends."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from msgspec import UNSET
from msgspec.structs import replace

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.identity.sessions import StartSession
from application.ports.identity import SignIn, StoredSession, TokenPair
from domain.events.identity.sessions import SessionStarted
from domain.identity.account import Account
from domain.vocabulary import Role, SessionId
from infrastructure.config.serving import TokenSettings
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security import session_store
from infrastructure.security.active_sessions import PostgresActiveSessions
from infrastructure.security.sealed import derived_key
from infrastructure.security.tokens import TokenSigner

# The first login after a registration is from a device that nobody need be told of.
SETTLING_IN = timedelta(days=1)


class LoginSessions:
    """Begins, renews and ends sessions: how long they last, and how many an account may have, is
    in `settings`. `secret` is the secret of the installation."""

    def __init__(
        self,
        queries: QueryRunner,
        commands: CommandHandler,
        tokens: TokenSigner,
        settings: TokenSettings,
        *,
        secret: bytes,
    ) -> None:
        self._secret = derived_key(secret, "refresh token")
        self._life = timedelta(days=settings.refresh_days)
        self._longest = timedelta(days=settings.session_days)
        self._most = settings.sessions
        self._queries = queries
        self._commands = commands
        self._tokens = tokens
        self._ends = PostgresActiveSessions(queries, commands)

    async def login(
        self, account: Account, sign_in: SignIn, context: Context, *, for_cookie: bool = False
    ) -> TokenPair:
        """Begin a session of an account that has proved who it is."""
        if account.id is None:
            raise ValueError("A session needs an account that is registered.")
        account_id = account.id
        known = await self._queries.run(session_store.is_known, account_id, sign_in)
        new_device = not known and not (known is None and _settling_in(account, context))
        session = await self._queries.run(
            partial(session_store.begin, for_cookie=for_cookie),
            account_id,
            sign_in,
            self._life,
            self._longest,
            self._most,
        )
        # The row without the fact is a session that nobody has a token of: it expires.
        await self._commands.handle(
            StartSession(
                session_id=SessionId(session.id),
                started=SessionStarted(
                    account_id=account_id,
                    method=sign_in.method,
                    device=sign_in.device,
                    address=sign_in.address,
                    new_device=new_device,
                    authenticated_at=sign_in.authenticated_at or UNSET,
                ),
            ),
            context,
        )
        await self._ends.record_ends(account_id)
        return self.tokens_for(session, account.roles)

    async def renew(self, refresh_token: str, *, from_cookie: bool = False) -> StoredSession | None:
        """Exchange a refresh token for the next one; return None when its session has ended, or
        when a token of a cookie came without one, or the other way round.

        Raises:
            Conflict: another tab of the browser has renewed the cookie since.
        """
        if session_store.is_for_cookie(refresh_token) is not from_cookie:
            return None
        renewed = await self._queries.run(
            session_store.rotate, refresh_token, self._secret, self._life, self._longest
        )
        if renewed is None or isinstance(renewed, StoredSession):
            return renewed
        await self._ends.record_ends(renewed)
        return None

    async def logout(self, refresh_token: str, context: Context) -> None:
        """End the session a refresh token belongs to, which proves the account."""
        if account_id := await self._queries.run(session_store.end, refresh_token):
            await self._ends.record_ends(account_id, replace(context, actor=str(account_id)))

    def tokens_for(self, session: StoredSession, roles: Sequence[Role]) -> TokenPair:
        return TokenPair(
            access_token=self._tokens.issue(session.account_id, roles, session.id),
            expires_in=self._tokens.life,
            refresh_token=session.refresh_token,
            refresh_expires_in=int(self._life.total_seconds()),
        )


def _settling_in(account: Account, context: Context) -> bool:
    registered_at = account.registered_at
    return registered_at is not None and context.now < registered_at + SETTLING_IN
