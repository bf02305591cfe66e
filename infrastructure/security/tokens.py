"""Access tokens: RS256-signed JWTs (RFC 9068)."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import jwt
import msgspec

from application.ports.identity import BadToken, Identity
from domain.vocabulary import AccountId, Role
from infrastructure.config.serving import TokenSettings
from infrastructure.security.key_ring import KeyRing

LEEWAY_SECONDS = 10  # the clocks of two machines may differ by this much
MAX_TOKEN_LENGTH = 8_192  # characters; ours have about 800
REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]


def token_signer(settings: TokenSettings) -> "TokenSigner":
    """Return the signer with the keys and the names that `settings` give.

    Raises:
        BadSetting: no folder of keys is given.
    """
    return TokenSigner(
        KeyRing(settings.keys_dir_or_fail),
        issuer=settings.issuer,
        audience=settings.audience,
        life=settings.access_minutes * 60,
    )


class TokenSigner:
    """Issues access tokens, and verifies their signatures and claims."""

    def __init__(
        self,
        keys: KeyRing,
        *,
        issuer: str,
        audience: str,
        life: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = keys
        self.life = life
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    def issue(self, account_id: UUID, roles: Sequence[Role], session_id: UUID) -> str:
        """Return a token that expires after `life` seconds."""
        now = int(self._clock())
        key = self.keys.signing
        return jwt.encode(
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": str(account_id),
                "iat": now,
                "nbf": now,
                "exp": now + self.life,
                "jti": str(uuid4()),
                "sid": str(session_id),
                "roles": list(roles),
            },
            key.private,
            algorithm="RS256",
            headers={"kid": key.kid, "typ": "at+jwt"},
        )

    def verify(self, token: str) -> Identity:
        """Return the identity the token proves.

        Raises:
            BadToken: the token is malformed, not ours, not yet valid or expired.
        """
        self.keys.reload()  # the key that signed it may be gone
        if len(token) > MAX_TOKEN_LENGTH:
            raise BadToken("The token is too long.")
        try:
            header = jwt.get_unverified_header(token)
            key = self.keys.find(str(header.get("kid", "")))
            if key is None:
                raise BadToken("The token is signed with an unknown key.")
            if header.get("alg") != "RS256" or header.get("typ") != "at+jwt":
                raise BadToken("The token is not an access token.")
            # We choose the key and the algorithm, never the token.
            claims = jwt.decode(
                token,
                key.public,
                algorithms=["RS256"],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED},
            )
            sid = claims.get("sid")
            return Identity(
                account_id=AccountId(UUID(claims["sub"])),
                actor=str(UUID(claims["sub"])),
                roles=frozenset(msgspec.convert(claims.get("roles", []), list[Role])),
                session_id=UUID(sid) if sid else None,
                expires_at=int(claims["exp"]),
            )
        except jwt.ExpiredSignatureError:
            raise BadToken("The token has expired.") from None
        except jwt.ImmatureSignatureError:
            raise BadToken("The token is not valid yet.") from None
        except (
            jwt.InvalidTokenError,
            msgspec.ValidationError,
            ValueError,
            TypeError,
            RecursionError,  # a header that is nested too deeply
        ):
            raise BadToken("The token is not valid.") from None
