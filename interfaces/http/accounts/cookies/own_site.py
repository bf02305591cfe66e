"""Where browsers find us, and the cookies that they keep for us."""

from typing import Literal

from litestar.datastructures import Cookie

from domain.record import Record
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest

DEFAULT_PORTS = {"https": "443", "http": "80"}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MAX_COOKIE = 4_096  # characters


class OwnSite(Record):
    """Where a browser finds us. `origin` is written as browsers write it; `host` has no port."""

    origin: str
    host: str
    secure: bool
    local: bool

    def cookie(
        self,
        name: str,
        value: str,
        *,
        life_seconds: int,
        same_site: Literal["strict", "lax"],
    ) -> Cookie:
        """Return a cookie that this site alone gets, over TLS alone, and that no script reads.

        Raises:
            HttpProblem: 403, the site has no TLS and is not on this machine.
        """
        if not (self.secure or self.local):
            raise HttpProblem(
                "not-permitted", "A cookie with a secret in it needs HTTPS. Use https:// URLs."
            )
        return Cookie(
            key=self.cookie_name(name),
            value=value,
            path="/",
            max_age=life_seconds,
            secure=self.secure,
            httponly=True,
            samesite=same_site,
        )

    def cookie_name(self, name: str) -> str:
        # With this prefix, a browser takes it over TLS and from this host alone (RFC 6265bis).
        return f"__Host-annals-{name}" if self.secure else f"annals-{name}"


def own_site(request: AnnalsRequest) -> OwnSite:
    """Return our site: that of ANNALS_PUBLIC_URL, or the host that the request names."""
    public = request.parts.public_url
    # Not with `urlsplit`, which raises errors for hosts that a client can send.
    scheme, _, rest = (public or f"http://{header(request.scope, b'host') or ''}").partition("://")
    place = rest.partition("/")[0].lower()
    name, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        name, port = place, ""
    if port == DEFAULT_PORTS.get(scheme):
        place = name
    return OwnSite(
        origin=f"{scheme}://{place}",
        host=name,
        secure=scheme == "https",
        local=name in LOOPBACK,
    )


def cookie_of(request: AnnalsRequest, name: str) -> str | None:
    """Return the value of a cookie of ours; None without it, or when it is too long to be ours."""
    value = request.cookies.get(own_site(request).cookie_name(name))
    return value if value and len(value) <= MAX_COOKIE else None
