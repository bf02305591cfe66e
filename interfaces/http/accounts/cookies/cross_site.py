"""Tells requests of our own web pages from those that other sites cause."""

from interfaces.http.accounts.cookies.own_site import OwnSite, own_site
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest


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
