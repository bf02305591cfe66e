"""ID tokens: what a provider says, in a signed JWT, of a person who logs in."""

import hmac
from typing import Any

import jwt

from application.ports.oidc import LoginRefused
from infrastructure.oidc.provider_keys import KEY_TYPES, ProviderKeys
from infrastructure.oidc.providers import Provider

LEEWAY_SECONDS = 30  # the clocks of two companies may differ by this much
MAX_LENGTH = 32_768  # characters
MAX_SUBJECT = 255  # characters, by the standard
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


async def verified_claims(
    token: object, *, provider: Provider, jwks_uri: str, keys: ProviderKeys, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token of `provider`, made for us and for the login of `nonce`.

    Raises:
        LoginRefused: it is none; the message says why.
        Unavailable: the provider does not answer.
    """
    if not isinstance(token, str) or len(token) > MAX_LENGTH:
        raise LoginRefused("The provider sent no ID token.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        raise LoginRefused("The ID token of the provider is malformed.") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in KEY_TYPES:
        raise LoginRefused("The ID token of the provider is signed in a way that proves nothing.")
    key = await keys.find(jwks_uri, None if kid is None else str(kid), algorithm)
    if key is None:
        raise LoginRefused("The ID token of the provider is signed with an unknown key.")
    claims = _decoded(token, key, provider)
    if not _is_for(provider.client_id, claims):
        raise LoginRefused("The ID token was made for another application.")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise LoginRefused("The ID token was made for another login.")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise LoginRefused("The ID token names nobody.")
    return claims


def _decoded(token: str, key: jwt.PyJWK, provider: Provider) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=provider.issuer,
            audience=provider.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.ExpiredSignatureError:
        raise LoginRefused("The ID token of the provider has expired. Log in again.") from None
    except jwt.InvalidIssuerError:
        raise LoginRefused("The ID token is of another provider.") from None
    except jwt.InvalidAudienceError:
        raise LoginRefused("The ID token was made for another application.") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise LoginRefused("The ID token of the provider is not valid.") from None


def _is_for(client_id: str, claims: dict[str, Any]) -> bool:
    """Return whether the token was asked for by us; several audiences say it in `azp`."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    return bool(claims.get("azp", None if several else client_id) == client_id)
