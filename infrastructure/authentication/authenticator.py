"""Proves who sent a request: from memory, or by signature or hash and a look-up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager
from typing import NoReturn
from uuid import UUID

import structlog
from msgspec.structs import replace
from psycopg import AsyncConnection

from application.ports.identity import BadToken, Claim, Identity
from application.ports.unavailable import Unavailable
from domain.identity.account import Account
from domain.vocabulary import LATEST, AccountId, TokenId
from infrastructure.authentication import access_tokens
from infrastructure.authentication.held import Held, HeldIdentities
from infrastructure.authentication.memory import IdentityMemory
from infrastructure.authentication.token_format import PREFIX, digest, is_well_formed
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.tokens import LEEWAY_SECONDS, TokenSigner

log = structlog.get_logger()

CHECK_SECONDS = 0.5  # between looks at the identities that are held
USE_SECONDS = 60.0  # between two records of the use of a token
MAX_USES_KNOWN = 10_000  # tokens
NEVER = int(LATEST.timestamp())  # when a token without an expiry expires


class RememberingAuthenticator:
    """Access tokens and personal access tokens, and the identities they prove at the moment.

    A credential that is remembered costs no look-up. A session that has ended, a token that is
    revoked, a role that is lost or an account that is disabled is forgotten as soon as this
    process reads it in the log, and without contact to the log nothing remembered counts.
    """

    def __init__(
        self,
        signer: TokenSigner,
        queries: QueryRunner,
        account_of: Callable[[AccountId], Awaitable[Account]],
        *,
        memory: IdentityMemory | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`account_of` returns the present state of an account, as the log has it."""
        self._signer = signer
        self._queries = queries
        self._account_of = account_of
        self._memory = memory or IdentityMemory()
        self._clock = clock
        self._keys_version = signer.keys.version
        self._held = HeldIdentities(self.look_up)
        self._looking: dict[str, asyncio.Task[Identity]] = {}
        self._used: set[UUID] = set()
        self._asked = False
        self._use_recorded: dict[UUID, float] = {}

    @property
    def keys(self) -> KeyRing:
        return self._signer.keys

    def recall(self, credential: str) -> Identity | None:
        """Return the identity that a credential proved a moment ago; None: look it up."""
        self._asked = True
        keys = self._signer.keys
        keys.reload()
        if keys.version != self._keys_version:
            # A key may be gone, and with it the tokens it signed.
            self._keys_version = keys.version
            self._memory.forget_all()
        identity = self._memory.recall(credential)
        if identity is not None and identity.token_id is not None:
            self._used.add(identity.token_id)
        return identity

    def was_asked(self) -> bool:
        """Return whether anybody was recalled since this was last called."""
        asked, self._asked = self._asked, False
        return asked

    def claim(self, credential: str) -> Claim:
        """Return what a credential claims, as far as it can be checked without a look-up.

        Raises:
            BadToken: it is forged, damaged, expired or not valid yet.
        """
        if not credential.startswith(PREFIX):
            signed = self._signer.verify(credential)
            if signed.session_id is None:
                raise BadToken("The token belongs to no session.")
            return Claim(credential=credential, signed=signed)
        if not is_well_formed(credential):
            raise BadToken("The personal access token is incomplete or has a typing error.")
        return Claim(credential=credential)

    async def prove(self, claim: Claim) -> Identity:
        """Return the identity that a claim proves at the moment, and remember it.

        Raises:
            BadToken: its session has ended, it is revoked or expired, or the account is not there.
            Unavailable: the database does not answer.
        """
        # Requests that come together need a single look-up.
        running = self._looking.get(claim.credential)
        if running is None:
            running = asyncio.create_task(self._prove(claim))
            self._looking[claim.credential] = running
            running.add_done_callback(lambda done: self._looked(claim.credential, done))
        return await asyncio.shield(running)

    async def look_up(self, identity: Identity) -> Identity:
        """Return what an identity that was proved before is at the moment.

        Raises:
            BadToken: its session has ended, it is revoked or expired, or the account is not there.
            Unavailable: the database does not answer.
        """
        if identity.session_id is not None:
            open_account = await self._queries.run(_account_of_session, identity.session_id)
            if open_account != identity.account_id:
                raise BadToken("The session has ended. Log in again.")
        account = await self._account_of(identity.account_id)
        if account.id is None or account.deleted:
            raise BadToken("The account does not exist.")
        if not account.active:
            raise BadToken("The account is disabled.")
        if identity.token_id is None:
            return replace(identity, roles=frozenset(account.roles))
        token = account.token(TokenId(identity.token_id))
        if token is None:
            raise BadToken("The personal access token is revoked.")
        expires_at = int(token.expires_at.timestamp()) if token.expires_at else NEVER
        if expires_at <= self._clock():
            raise BadToken("The personal access token has expired.")
        return replace(
            identity,
            roles=frozenset(account.roles),
            scopes=frozenset(token.scopes),
            expires_at=expires_at,
        )

    def hold(self, identity: Identity) -> AbstractContextManager[Held]:
        """Hold an identity while a stream or socket is open, to see when it ends."""
        return self._held.hold(identity)

    def forget(self, ids: Collection[UUID]) -> None:
        """Look up these accounts and sessions again when they are next needed."""
        self._memory.forget(ids)
        self._held.doubt(ids)

    def forget_all(self) -> None:
        self._memory.forget_all()
        self._held.doubt_all()

    def confirm(self, as_of: float) -> None:
        """Let what is remembered count: the log was read up to its end at this moment."""
        self._memory.confirm(as_of)

    async def run(self) -> NoReturn:
        """Check the identities that are held, and record the use of tokens, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if not self._memory.is_current:
                self._held.doubt_all()
            try:
                await self._held.check()
                await self._record_use()
            except Unavailable:
                continue  # the next look comes soon
            except Exception:
                log.exception("identity_check_failed")

    async def _prove(self, claim: Claim) -> Identity:
        mark = self._memory.mark()
        if claim.signed is not None:
            identity = await self.look_up(claim.signed)
            until = identity.expires_at + LEEWAY_SECONDS
        else:
            identity = await self.look_up(await self._find(claim.credential))
            until = identity.expires_at
            self._used.add(UUID(str(identity.token_id)))
        self._memory.remember(claim.credential, identity, until=until, since=mark)
        return identity

    async def _find(self, token: str) -> Identity:
        found = await self._queries.run(access_tokens.find, digest(token))
        if found is None:
            raise BadToken("There is no such personal access token, or it is revoked.")
        account_id, token_id = found
        return Identity(
            account_id=AccountId(account_id),
            actor=str(account_id),
            roles=frozenset(),
            scopes=frozenset(),
            session_id=None,
            token_id=token_id,
            expires_at=NEVER,
        )

    def _looked(self, credential: str, done: "asyncio.Task[Identity]") -> None:
        del self._looking[credential]
        if not done.cancelled():
            done.exception()  # whoever waits for it raises it

    async def _record_use(self) -> None:
        used, self._used = self._used, set()
        now = self._clock()
        due = [token for token in used if now - self._use_recorded.get(token, 0.0) >= USE_SECONDS]
        if not due:
            return
        try:
            await self._queries.run(access_tokens.record_use, due)
        except Unavailable:
            self._used |= used
            raise
        if len(self._use_recorded) > MAX_USES_KNOWN:
            self._use_recorded.clear()
        self._use_recorded.update(dict.fromkeys(due, now))


async def _account_of_session(connection: AsyncConnection, session_id: UUID) -> UUID | None:
    """Return the account of a session that has not ended."""
    cursor = await connection.execute(
        "SELECT account_id FROM sessions WHERE id = %s AND ended_at IS NULL", (session_id,)
    )
    row = await cursor.fetchone()
    return row[0] if row else None
