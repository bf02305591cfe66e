"""Limits requests by account and by address, and login attempts more strictly."""

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import structlog

from application.ports.unavailable import Unavailable
from domain.record import Record
from domain.values.email_address import normal_address
from infrastructure.limits.gcra import AsyncRateLimit, Draw, GcraRate
from infrastructure.limits.permit_cache import PermitCache
from infrastructure.store.batching import Batcher, Pending
from infrastructure.telemetry.metrics import RATE_LIMIT_UNAVAILABLE, RATE_LIMITED

log = structlog.get_logger()

REDIS_RETRY_SECONDS = 1.0  # seconds between attempts to reach a Redis that did not respond
DAY_SECONDS = 86_400.0
HOME_SECONDS = 90 * 86_400  # seconds for which an address that an account logged in from counts
MAX_BATCH = 256  # requests counted in one call of Redis


class GcraRule(Record):
    """A limit by name. A `strict` limit refuses requests that cannot be counted."""

    name: str
    rate: GcraRate
    strict: bool = False

    @property
    def max_prefetch(self) -> int:
        """The most permits a process may draw in advance."""
        return 0 if self.strict else self.rate.limit // 10


class GcraResult(Record):
    """Whether a request is allowed, and what remains of the `rule` that is closest to its end."""

    rule: GcraRule
    allowed: bool
    remaining: int
    retry_after: float  # seconds until the next request is allowed; 0 if this one is


LimitRequest: TypeAlias = Sequence[tuple[str, GcraRule]]  # one permit of each key
LimitResults: TypeAlias = Sequence[GcraResult]


class GcraLimiter:
    """Counts requests in Redis, for all processes together.

    Requests that arrive during a call of Redis are counted together in the next call, each key
    once; a key with hundreds of requests a second gets a few permits in advance. So the cost per
    request falls as the load rises. Without Redis, or with a rate of 0, nothing is limited.
    """

    def __init__(
        self,
        limit: AsyncRateLimit | None,
        *,
        account_rate: int,
        address_rate: int,
        login_rate: int,
        account_login_rate: int = 0,
        registration_rate: int = 0,
    ) -> None:
        """Account and address rates are per second, login rates per minute, and the rate of
        registrations per day; 0: no limit."""
        self._limit = limit
        self._account = _rule(limit, "account", account_rate, 1.0)
        self._address = _rule(limit, "address", address_rate, 1.0)
        self._login = _rule(limit, "login", login_rate, 60.0, strict=True)
        self._account_login = _rule(limit, "login-account", account_login_rate, 60.0, strict=True)
        self._registration = _rule(limit, "register", registration_rate, DAY_SECONDS, strict=True)
        self._mail = _rule(limit, "mail", registration_rate, DAY_SECONDS, strict=True)
        self._batcher: Batcher[LimitRequest, LimitResults] = Batcher(
            self._check_batch, most=MAX_BATCH
        )
        self._cache = PermitCache()
        self._unavailable_until = 0.0

    async def check_request(self, address: str, account: UUID | None) -> GcraResult | None:
        """Count a request of an address and an account; return None if it is not counted."""
        request: list[tuple[str, GcraRule]] = []
        if self._account is not None and account is not None:
            request.append((f"account:{account}", self._account))
        if self._address is not None:
            request.append((f"address:{address}", self._address))
        return await self._check(request) if request else None

    async def check_login(self, address: str, email: str) -> GcraResult | None:
        """Count a login attempt with an email address; return None if not limited.

        Attempts are limited for each pair of network address and email address, and for the email
        address over all network addresses. The second limit spares the network addresses from
        which the account has logged in before, so that a stranger who guesses from everywhere
        does not lock its owner out.

        Raises:
            Unavailable: the attempt cannot be counted, so it must not be made.
        """
        digest = _digest(normal_address(email))
        result = None
        if self._login is not None:
            result = await self._check([(f"login:{address}:{digest}", self._login)])
            if result is not None and not result.allowed:
                return result
        if self._account_login is None or await self._is_home(address, digest):
            return result
        wide = await self._check([(f"login:{digest}", self._account_login)])
        return result if result is not None and wide is not None and wide.allowed else wide

    async def login_succeeded(self, address: str, email: str) -> None:
        """Remember that the account logs in from this network address."""
        if self._limit is not None and self._account_login is not None:
            with contextlib.suppress(Unavailable):
                await self._limit.mark(_home(address, _digest(normal_address(email))), HOME_SECONDS)

    async def check_token(self, address: str, token: str) -> GcraResult | None:
        """Count an attempt with a refresh token; return None if not limited.

        Raises:
            Unavailable: the attempt cannot be counted, so it must not be made.
        """
        if self._login is None:
            return None
        return await self._check([(f"login:{address}:{_digest(token)}", self._login)])

    async def check_registration(self, address: str) -> GcraResult | None:
        """Count a registration from a network address; return None if not limited.

        Raises:
            Unavailable: it cannot be counted.
        """
        if self._registration is None:
            return None
        return await self._check([(f"register:{address}", self._registration)])

    async def check_mail(self, address: str) -> GcraResult | None:
        """Count a mail that a network address asks for; return None if not limited.

        Raises:
            Unavailable: it cannot be counted.
        """
        if self._mail is None:
            return None
        return await self._check([(f"mail:{address}", self._mail)])

    async def _is_home(self, address: str, digest: str) -> bool:
        return self._limit is not None and await self._limit.is_marked(_home(address, digest))

    async def _check(self, request: LimitRequest) -> GcraResult | None:
        now = time.monotonic()
        local = [self._cache.of(key, now) for key, _ in request]
        for permits in local:
            permits.count_request(now)
        for permits, (_, rule) in zip(local, request, strict=True):
            # A client that ignores refusals does not cause calls of Redis.
            if (wait := permits.blocked_for(now)) > 0:
                return _refuse(rule, wait)
        if all(permits.available(now) for permits in local):
            return _closest_to_its_end(
                [
                    _allow(rule, permits.take())
                    for permits, (_, rule) in zip(local, request, strict=True)
                ]
            )
        try:
            results = await self._check_shared(request, now)
        except Unavailable:
            for _, rule in request:
                RATE_LIMIT_UNAVAILABLE.labels(rule.name).inc()
            if any(rule.strict for _, rule in request):
                raise
            return None
        for result in results:
            if not result.allowed:
                return _refuse(result.rule, result.retry_after)
        return _closest_to_its_end(results)

    async def _check_shared(self, request: LimitRequest, now: float) -> LimitResults:
        if self._unavailable_until > now:
            raise Unavailable("The rate limit")
        try:
            return await self._batcher.submit(request)
        except Unavailable:
            if self._unavailable_until <= now:
                log.warning("rate_limit_unavailable")
            self._unavailable_until = time.monotonic() + REDIS_RETRY_SECONDS
            raise

    async def _check_batch(self, batch: Sequence[Pending[LimitRequest, LimitResults]]) -> None:
        if self._limit is None:
            raise Unavailable("The rate limit")
        rules = {key: rule for pending in batch for key, rule in pending.item}
        requested = Counter(key for pending in batch for key, _ in pending.item)
        draws = await self._limit.draw(self._wanted(rules, requested))
        now = time.monotonic()
        shares: dict[str, _Share] = {}
        for key, draw in draws.items():
            self._cache.of(key, now).apply(draw, used=requested[key], now=now)
            shares[key] = _Share(rules[key], draw)
        for pending in batch:
            pending.succeed([shares[key].take() for key, _ in pending.item])

    def _wanted(
        self, rules: dict[str, GcraRule], requested: Counter[str]
    ) -> dict[str, tuple[GcraRate, int]]:
        """Return how many permits to draw of each key: those requested and some in advance."""
        now = time.monotonic()
        wanted = {}
        for key, rule in rules.items():
            prefetch = min(self._cache.of(key, now).prefetch_count(), rule.max_prefetch)
            wanted[key] = rule.rate, requested[key] + prefetch
        return wanted


class _Share:
    """The permits a batch has drawn of a key, given out in the order of the requests."""

    def __init__(self, rule: GcraRule, draw: Draw) -> None:
        self._rule = rule
        self._draw = draw
        self._left = draw.taken

    def take(self) -> GcraResult:
        if self._left > 0:
            self._left -= 1
            return _allow(self._rule, self._draw.remaining + self._left)
        rate = self._rule.rate
        wait = self._draw.retry_after or rate.per / rate.limit
        return GcraResult(rule=self._rule, allowed=False, remaining=0, retry_after=wait)


def _digest(secret: str) -> str:
    """Return what is stored in place of an email address or a token."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def _home(address: str, digest: str) -> str:
    return f"home:{digest}:{address}"


def _allow(rule: GcraRule, remaining: int) -> GcraResult:
    return GcraResult(rule=rule, allowed=True, remaining=remaining, retry_after=0.0)


def _refuse(rule: GcraRule, wait: float) -> GcraResult:
    RATE_LIMITED.labels(rule.name).inc()
    return GcraResult(rule=rule, allowed=False, remaining=0, retry_after=wait)


def _closest_to_its_end(results: LimitResults) -> GcraResult:
    return min(results, key=lambda result: result.remaining / result.rule.rate.limit)


def _rule(
    limit: AsyncRateLimit | None, name: str, most: int, per: float, *, strict: bool = False
) -> GcraRule | None:
    if limit is None or most == 0:
        return None
    return GcraRule(name=name, rate=GcraRate(limit=most, per=per), strict=strict)
