"""The session cookie of our web page: it holds the refresh token, which no script ever sees."""

from litestar import Response
from litestar.datastructures import Cookie
from msgspec import UNSET

from application.ports.identity import TokenPair
from interfaces.http.accounts.account_bodies import Refresh, TokensBody, tokens_body
from interfaces.http.accounts.cookies.cross_site import check_own_page
from interfaces.http.accounts.cookies.own_site import OwnSite, cookie_of
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import BAD_TOKEN_CHALLENGE
from interfaces.http.protocol.request import AnnalsRequest

NAME = "session"


def given_token(request: AnnalsRequest, data: Refresh) -> tuple[str, OwnSite | None]:
    """Return the refresh token of the body, or that of the cookie and the site that it is for.

    Raises:
        HttpProblem: 403, the cookie came from another page; 401, there is no token at all.
    """
    if data.refresh_token is not UNSET:
        return data.refresh_token, None
    site = check_own_page(request)
    token = cookie_of(request, NAME)
    if token is None:
        raise HttpProblem(
            "session-ended",
            "There is neither a refresh_token in the body nor a session cookie. Log in.",
            headers={"WWW-Authenticate": BAD_TOKEN_CHALLENGE},
        )
    return token, site


def tokens_response(pair: TokenPair, site: OwnSite | None) -> Response[TokensBody]:
    """Return tokens; with a site, the refresh token is in its session cookie alone."""
    if site is None:
        return Response(tokens_body(pair), status_code=200)
    body = tokens_body(pair, in_cookie=True)
    return Response(body, status_code=200, cookies=[session_cookie(site, pair)])


def session_cookie(site: OwnSite, pair: TokenPair) -> Cookie:
    """Return the cookie that holds the refresh token of `pair`."""
    return site.cookie(
        NAME, pair.refresh_token, life_seconds=pair.refresh_expires_in, same_site="strict"
    )


def no_session_cookie(site: OwnSite) -> Cookie:
    """Return what makes a browser delete the cookie."""
    return site.cookie(NAME, "", life_seconds=0, same_site="strict")
