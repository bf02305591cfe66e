"""Tells requests of our own web pages from those of others, and names the cookies of our pages."""

from typing import Literal
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from domain.record import Record
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest

DEFAULT_PORTS = {"https": 443, "http": 80}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MAX_COOKIE = 4_096  # characters


class OwnSite(Record):
    """Where a browser finds us. `origin` is written as browsers write it."""

    origin: str
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
    parts = urlsplit(public or f"http://{header(request.scope, b'host') or ''}")
    host = (parts.netloc.rpartition("@")[2]).lower()
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, ""
    if port == str(DEFAULT_PORTS[parts.scheme]):
        host = name
    return OwnSite(
        origin=f"{parts.scheme}://{host}", secure=parts.scheme == "https", local=name in LOOPBACK
    )


def check_own_page(request: AnnalsRequest) -> OwnSite:
    """Return our site if the request comes from a page of it.

    Browsers send cookies with requests that other sites cause. `SameSite` prevents most of that;
    this prevents the rest, and a login that another site causes.

    Raises:
        HttpProblem: 403, it comes from elsewhere, or does not say where from.
    """
    site = own_site(request)
    origins = [value for name, value in request.scope["headers"] if name == b"origin"]
    fetched = header(request.scope, b"sec-fetch-site")
    if [origin.decode("latin-1") for origin in origins] != [site.origin]:
        raise HttpProblem(
            "cross-site", f"Only pages of {site.origin} may use the session cookie.", field="Origin"
        )
    if fetched not in (None, "same-origin"):
        raise HttpProblem(
            "cross-site", "Only our own pages may use the session cookie.", field="Sec-Fetch-Site"
        )
    return site


def cookie_of(request: AnnalsRequest, name: str) -> str | None:
    """Return the value of a cookie of ours; None without it, or when it is too long to be ours."""
    value = request.cookies.get(own_site(request).cookie_name(name))
    return value if value and len(value) <= MAX_COOKIE else None
