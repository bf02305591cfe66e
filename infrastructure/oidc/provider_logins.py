"""A login from its beginning to what the provider says of the person (code flow with PKCE)."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import structlog

from application.ports.oidc import (
    LoginPurpose,
    LoginRefused,
    ProvedPerson,
    ProviderInfo,
    StartedLogin,
    UnknownProvider,
)
from infrastructure.oidc import started_logins
from infrastructure.oidc.discovery import Discovery, Metadata
from infrastructure.oidc.id_token import verified_claims
from infrastructure.oidc.provider_keys import ProviderKeys
from infrastructure.oidc.provider_requests import ProviderRefused, ProviderRequests
from infrastructure.oidc.providers import Provider
from infrastructure.oidc.started_logins import LIFE_SECONDS, PendingLogin, StartedLogins
from infrastructure.postgres.queries import QueryRunner

log = structlog.get_logger()


class _Known:
    """A provider with what is remembered of it."""

    def __init__(self, provider: Provider, requests: ProviderRequests) -> None:
        self.provider = provider
        self.discovery = Discovery(provider, requests)
        self.keys = ProviderKeys(requests)


class OidcProviderLogins:
    """Implements `application.ports.oidc.ProviderLogins`.

    `address` is where people reach Annals; `secret` is the secret of the installation.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        address: str,
        secret: bytes,
        queries: QueryRunner,
        requests: ProviderRequests | None = None,
    ) -> None:
        self._requests = requests or ProviderRequests()
        self._known = {name: _Known(each, self._requests) for name, each in providers.items()}
        self._address = address
        self._queries = queries
        self._started = StartedLogins(secret)

    def providers(self) -> Sequence[ProviderInfo]:
        found = [known.provider for known in self._known.values()]
        return [ProviderInfo(name=p.name, label=p.label, issuer=p.issuer) for p in found]

    async def begin(self, provider: str, purpose: LoginPurpose) -> StartedLogin:
        known = self._find(provider)
        metadata = await known.discovery.metadata()
        begun = self._started.begin(provider, purpose)
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": known.provider.client_id,
            "redirect_uri": self._redirect_uri(provider),
            "scope": known.provider.scopes,
            "state": str(begun.state),
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if purpose.fresh:
            asked["max_age"] = "0"  # the ID token then has `auth_time`
        endpoint = metadata.authorization_endpoint
        joint = "&" if urlsplit(endpoint).query else "?"
        return StartedLogin(
            url=f"{endpoint}{joint}{urlencode(asked)}",
            kept=self._started.kept(begun),
            life_seconds=LIFE_SECONDS,
        )

    async def finish(
        self, provider: str, kept: str | None, answer: Mapping[str, str]
    ) -> ProvedPerson:
        known = self._find(provider)
        begun = self._started.read(kept, answer.get("state"))
        if begun.provider != provider:
            raise LoginRefused("The login was begun with another provider. Begin again.")
        if not await self._queries.run(started_logins.use, begun.state):
            raise LoginRefused("This login was used before. Begin again.")
        metadata = await known.discovery.metadata()
        _check_issuer(metadata, answer)
        if "error" in answer:
            raise LoginRefused(_said(answer["error"]))
        if not (code := answer.get("code")):
            raise LoginRefused("The provider sent no code. Begin again.")
        tokens = await self._redeem(known, metadata, code, begun)
        claims = await verified_claims(
            tokens.get("id_token"),
            provider=known.provider,
            jwks_uri=metadata.jwks_uri,
            keys=known.keys,
            nonce=begun.nonce,
        )
        authenticated_at = _moment(claims.get("auth_time"))
        if begun.purpose.fresh:
            _check_fresh(authenticated_at)
        person = claims | await self._user_info(metadata, tokens, claims)
        return ProvedPerson(
            issuer=known.provider.issuer,
            subject=claims["sub"],
            email=_text(person.get("email")),
            email_verified=person.get("email_verified") in (True, "true"),
            name=_text(person.get("name")),
            purpose=begun.purpose,
            authenticated_at=authenticated_at,
        )

    def return_to(self, kept: str | None, state: str | None) -> str:
        try:
            return self._started.read(kept, state).purpose.return_to
        except LoginRefused:
            return "/"

    async def _redeem(
        self, known: _Known, metadata: Metadata, code: str, begun: PendingLogin
    ) -> dict[str, Any]:
        provider = known.provider
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri(provider.name),
            "code_verifier": begun.verifier,
            "client_id": provider.client_id,
        }
        headers: dict[str, str] = {}
        if provider.client_secret is not None:
            if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
                del fields["client_id"]
                headers["Authorization"] = _basic(provider.client_id, provider.client_secret)
            else:
                fields["client_secret"] = provider.client_secret
        try:
            return await self._requests.post(metadata.token_endpoint, fields, headers)
        except ProviderRefused as refused:
            # `invalid_client` is the operator's to mend, so it is logged.
            log.warning("oidc_code_refused", provider=provider.name, error=str(refused))
            raise LoginRefused("The provider refused the code. Begin again.") from None

    async def _user_info(
        self, metadata: Metadata, tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what some providers say only when they are asked for it, and not in the token."""
        bearer = tokens.get("access_token")
        if "email" in claims or metadata.userinfo_endpoint is None or not isinstance(bearer, str):
            return {}
        found = await self._requests.get(metadata.userinfo_endpoint, bearer=bearer)
        if found.get("sub") != claims["sub"]:
            raise LoginRefused("The provider spoke of two people.")
        return {name: found.get(name) for name in ("email", "email_verified", "name")}

    def _find(self, provider: str) -> _Known:
        known = self._known.get(provider)
        if known is None:
            raise UnknownProvider(provider)
        return known

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._address}/api/v1/auth/oidc/{provider}/callback"


def _check_issuer(metadata: Metadata, answer: Mapping[str, str]) -> None:
    """Refuse an answer of another provider, which would get the code of this one (RFC 9207)."""
    said = answer.get("iss")
    if said is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if said != metadata.issuer:
        raise LoginRefused("The answer is of another provider. Begin again.")


def _check_fresh(authenticated_at: datetime | None) -> None:
    """Refuse a login for which the provider did not ask anew, within the life of a login."""
    longest = timedelta(seconds=LIFE_SECONDS)
    if authenticated_at is None or datetime.now(UTC) - authenticated_at > longest:
        raise LoginRefused("The provider did not ask you to log in again. Log out there first.")


def _moment(claim: object) -> datetime | None:
    """Return the moment of a claim in seconds since 1970; None: it is none."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _said(error: str) -> str:
    if error == "access_denied":
        return "The login was cancelled at the provider."
    known = error if error.replace("_", "").isalnum() and error.isascii() else "an error"
    return f"The provider refused the login ({known[:60]})."


def _basic(client_id: str, secret: str) -> str:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"  # RFC 6749, 2.3.1
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
