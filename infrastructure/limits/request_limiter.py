"""How often somebody may ask: by account, by address, and less where passwords are tried."""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import structlog

from application.ports import Unavailable
from domain.record import Record
from infrastructure.limits.gcra import AsyncRateLimit, Rate
from infrastructure.limits.permit_cache import LocalPermits
from infrastructure.store.batching import Batcher, Pending
from infrastructure.telemetry.metrics import RATE_LIMIT_UNAVAILABLE, RATE_LIMITED

log = structlog.get_logger()

REDIS_RETRY_SECONDS = 1.0  # seconds for which Redis is not asked again after it did not answer
MAX_BATCH = 256
MAX_KEYS = 10_000  # keys, before those are forgotten that nobody asked with lately


class LimitRule(Record):
    """A limit by name. A `strict` one refuses when it cannot be counted."""

    name: str
    rate: Rate
    strict: bool = False

    @property
    def most_ahead(self) -> int:
        """So many may be drawn in advance, if a process is so busy with one key."""
        return 0 if self.strict else self.rate.limit // 10

    @property
    def policy(self) -> str:
        """As the header RateLimit-Policy has it."""
        return f'"{self.name}";q={self.rate.limit};w={math.ceil(self.rate.per)}'


class LimitResult(Record):
    """Whether this may be done now; what is left is that of the `rule` that is nearest its end."""

    rule: LimitRule
    allowed: bool
    remaining: int
    retry_after: float  # seconds until the next is allowed; 0 when this was

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), and Retry-After
        with a refusal."""
        rate = self.rule.rate
        seconds = self.retry_after or (rate.limit - self.remaining) * rate.per / rate.limit
        left = f'"{self.rule.name}";r={self.remaining};t={math.ceil(seconds)}'
        headers = [
            (b"ratelimit-policy", self.rule.policy.encode()),
            (b"ratelimit", left.encode()),
        ]
        if not self.allowed:
            headers.append((b"retry-after", b"%d" % max(1, math.ceil(self.retry_after))))
        return headers


LimitRequest: TypeAlias = Sequence[tuple[str, LimitRule]]  # one of each of these keys
LimitResults: TypeAlias = Sequence[LimitResult]


class RequestLimiter:
    """Counts in Redis, for all processes together.

    What asks while Redis is being asked is asked next, together and each key once; and who asks
    hundreds of times a second is given a few permits in advance. So the busier it gets, the less
    a request costs. Without Redis, or with a rate of 0, nothing is limited.
    """

    def __init__(
        self,
        limit: AsyncRateLimit | None,
        *,
        account_rate: int,
        address_rate: int,
        login_rate: int,
    ) -> None:
        """The first two rates are per second, that of logins is per minute."""
        self._limit = limit
        self._account = _rule(limit, "account", account_rate, 1.0)
        self._address = _rule(limit, "address", address_rate, 1.0)
        self._login = _rule(limit, "login", login_rate, 60.0, strict=True)
        self._batcher: Batcher[LimitRequest, LimitResults] = Batcher(
            self._take_together, most=MAX_BATCH
        )
        self._purses: dict[str, LocalPermits] = {}
        self._away_until = 0.0

    async def check_request(self, address: str, account: UUID | None) -> LimitResult | None:
        """Count a request of this address, and account; None when nobody counts."""
        wish: list[tuple[str, LimitRule]] = []
        if self._account is not None and account is not None:
            wish.append((f"account:{account}", self._account))
        if self._address is not None:
            wish.append((f"address:{address}", self._address))
        return await self._check(wish) if wish else None

    async def check_login(self, address: str, secret: str) -> LimitResult | None:
        """Count an attempt to be let in with this email address, or token, from this address.

        Raises:
            Unavailable: it cannot be counted, so it must not be made.
        """
        if self._login is None:
            return None
        # What people type is kept nowhere.
        digest = hashlib.sha256(secret.lower().encode()).hexdigest()[:32]
        return await self._check([(f"login:{address}:{digest}", self._login)])

    async def _check(self, wish: LimitRequest) -> LimitResult | None:
        now = time.monotonic()
        purses = [self._permits(key, now) for key, _ in wish]
        for purse, (_, rule) in zip(purses, wish, strict=True):
            # Whoever hammers on does not reach Redis.
            if purse.shut_until > now:
                return self._refuse(rule, purse.shut_until - now)
        if all(purse.left(now) for purse in purses):
            return _nearest_its_end(
                [
                    _granted(rule, purse.take())
                    for purse, (_, rule) in zip(purses, wish, strict=True)
                ]
            )
        try:
            verdicts = await self._ask_redis(wish, now)
        except Unavailable:
            for _, rule in wish:
                RATE_LIMIT_UNAVAILABLE.labels(rule.name).inc()
            if any(rule.strict for _, rule in wish):
                raise
            return None
        for verdict in verdicts:
            if not verdict.allowed:
                return self._refuse(verdict.rule, verdict.retry_after)
        return _nearest_its_end(verdicts)

    def _permits(self, key: str, now: float) -> LocalPermits:
        purse = self._purses.get(key)
        if purse is None:
            if len(self._purses) >= MAX_KEYS:
                self._purses = {k: kept for k, kept in self._purses.items() if not kept.idle(now)}
                if len(self._purses) >= MAX_KEYS:
                    self._purses.clear()  # Redis knows what matters
            purse = self._purses[key] = LocalPermits()
        purse.asked(now)
        return purse

    def _refuse(self, rule: LimitRule, wait: float) -> LimitResult:
        RATE_LIMITED.labels(rule.name).inc()
        return LimitResult(rule=rule, allowed=False, remaining=0, retry_after=wait)

    async def _ask_redis(self, wish: LimitRequest, now: float) -> LimitResults:
        if self._away_until > now:
            raise Unavailable("The rate limit")
        try:
            return await self._batcher.submit(wish)
        except Unavailable:
            if self._away_until <= now:
                log.warning("requests are not counted: Redis is away")
            self._away_until = time.monotonic() + REDIS_RETRY_SECONDS
            raise

    async def _take_together(self, group: Sequence[Pending[LimitRequest, LimitResults]]) -> None:
        if self._limit is None:
            raise Unavailable("The rate limit")
        waiting = Counter(key for pending in group for key, _ in pending.item)
        rules = {key: rule for pending in group for key, rule in pending.item}
        purses = {key: self._purses.get(key) or LocalPermits() for key in waiting}
        drawn = await self._limit.draw(
            {
                key: (rules[key].rate, count + min(purses[key].need(), rules[key].most_ahead))
                for key, count in waiting.items()
            }
        )
        now = time.monotonic()
        left = {key: draw.taken for key, draw in drawn.items()}
        for key, draw in drawn.items():
            purses[key].remaining = draw.remaining
            purses[key].refill(max(0, draw.taken - waiting[key]), now)
            purses[key].shut_until = now + draw.retry_after
        for pending in group:
            verdicts = []
            for key, rule in pending.item:
                if left[key] > 0:
                    left[key] -= 1
                    verdicts.append(_granted(rule, drawn[key].remaining + left[key]))
                else:
                    wait = drawn[key].retry_after or rule.rate.per / rule.rate.limit
                    verdicts.append(
                        LimitResult(rule=rule, allowed=False, remaining=0, retry_after=wait)
                    )
            pending.succeed(verdicts)


def _granted(rule: LimitRule, remaining: int) -> LimitResult:
    return LimitResult(rule=rule, allowed=True, remaining=remaining, retry_after=0.0)


def _nearest_its_end(verdicts: LimitResults) -> LimitResult:
    return min(verdicts, key=lambda verdict: verdict.remaining / verdict.rule.rate.limit)


def _rule(
    limit: AsyncRateLimit | None, name: str, most: int, per: float, *, strict: bool = False
) -> LimitRule | None:
    if limit is None or most == 0:
        return None
    return LimitRule(name=name, rate=Rate(limit=most, per=per), strict=strict)
