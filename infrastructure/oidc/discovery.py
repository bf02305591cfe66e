"""What a provider publishes of itself (OpenID Connect Discovery), remembered for some minutes."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from application.ports.unavailable import Unavailable
from domain.record import Record
from infrastructure.config.parsers import is_safe_url
from infrastructure.oidc.provider_requests import ProviderRequests
from infrastructure.oidc.providers import Provider

PATH = "/.well-known/openid-configuration"
LIFE_SECONDS = 600.0

log = structlog.get_logger()


class Metadata(Record):
    """The parts of the document that a login needs."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Discovery:
    """Fetches the document of one provider when it is needed, and again after ten minutes."""

    def __init__(
        self,
        provider: Provider,
        requests: ProviderRequests,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._requests = requests
        self._clock = clock
        self._lock = asyncio.Lock()
        self._found: Metadata | None = None
        self._fetched_at = 0.0

    async def metadata(self) -> Metadata:
        """Return what the provider publishes.

        Raises:
            Unavailable: it does not answer, or with a document of another issuer.
        """
        async with self._lock:
            if self._found is None or self._clock() - self._fetched_at > LIFE_SECONDS:
                url = self._provider.issuer.rstrip("/") + PATH
                self._found = self._checked(await self._requests.get(url))
                self._fetched_at = self._clock()
            return self._found

    def _checked(self, document: dict[str, Any]) -> Metadata:
        name = self._provider.name
        try:
            found = msgspec.convert(document, Metadata)
        except msgspec.ValidationError as error:
            log.warning("oidc_discovery_invalid", provider=name, error=str(error))
            raise Unavailable("The login provider") from None
        urls = [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
        if found.userinfo_endpoint is not None:
            urls.append(found.userinfo_endpoint)
        # A document of another issuer would send its codes, and our secret, elsewhere.
        if found.issuer != self._provider.issuer or not all(map(is_safe_url, urls)):
            log.warning("oidc_discovery_of_another_issuer", provider=name, issuer=found.issuer)
            raise Unavailable("The login provider")
        return found
