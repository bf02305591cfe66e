"""The routes of logging in with an OpenID Connect provider."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from litestar import MediaType, Response, Router, get
from litestar.datastructures import Cookie
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, QueryParameter

from application.ports.oidc import LoginPurpose, LoginRefused, StartedLogin, UnknownProvider
from domain.errors import DomainError
from domain.record import Record
from interfaces.http.accounts.account_bodies import TokensBody, tokens_body
from interfaces.http.accounts.cookies.own_site import OwnSite, cookie_of, own_site
from interfaces.http.accounts.cookies.session_cookie import session_cookie
from interfaces.http.accounts.login_limit import turn
from interfaces.http.accounts.oidc.bodies import AuthorizationBody, ProviderBody, ProvidersBody
from interfaces.http.accounts.oidc.login import log_in_with
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.html_page import page
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.request import AnnalsRequest

NAME = "oidc-login"  # of the cookie that a login has until the browser is back
PREFIX = "/api/v1/auth/oidc"
# A path of ours: what begins with two slashes, or has a backslash in it, names another host.
PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,1000}\Z")
MAX_PARAMETERS = 20
MAX_VALUE = 4_096  # characters


@dataclass
class Returning(Documented):
    """The operation to which a provider sends a browser."""

    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        meanings = {
            "state": "Names the login that this browser began",
            "code": "What the tokens of the provider are fetched with",
            "iss": "The provider (RFC 9207)",
            "error": "Why there is no code",
        }
        return tuple(
            Parameter(
                name=name,
                param_in="query",
                description=meaning,
                required=False,
                schema=Schema(type=OpenAPIType.STRING, max_length=MAX_VALUE),
            )
            for name, meaning in meanings.items()
        )


def in_json(body: type[Record], description: str) -> ResponseSpec:
    """Return the answer of an operation to `Accept: application/json`."""
    return ResponseSpec(data_container=body, generate_examples=False, description=description)


@get(
    "/",
    before_request=only_known,
    operation_id="list_login_providers",
    operation_class=Documented,
    responses=problems(400, 422, 503),
    sync_to_thread=False,
)
def list_providers(request: AnnalsRequest) -> ProvidersBody:
    """List the OpenID Connect providers that can log you in."""
    found = [
        ProviderBody(name=each.name, label=each.label, login_url=f"{PREFIX}/{each.name}/start")
        for each in request.parts.provider_logins.providers()
    ]
    return ProvidersBody(providers=found)


@get(
    "/{provider:str}/start",
    before_request=only_known,
    status_code=303,
    operation_id="start_provider_login",
    operation_class=Documented,
    responses=problems(400, 403, 404, 422, 503)
    | {200: in_json(AuthorizationBody, "Where the browser logs in")},
)
async def start(
    provider: FromPath[str],
    request: AnnalsRequest,
    return_to: Annotated[
        str, QueryParameter(description="The path of this site to go to after the login")
    ] = "/",
    fresh: Annotated[
        bool,
        QueryParameter(
            description="The provider asks for the login also where you are logged in there"
        ),
    ] = False,
) -> Response[AuthorizationBody | None]:
    """Begin a login: the browser goes to the provider, and comes back to the callback.

    With `Accept: application/json`, the answer names the address instead.
    """
    site = own_site(request)
    started = await begin(
        request, provider, LoginPurpose(return_to=checked_path(return_to), fresh=fresh)
    )
    if wants_json(request):
        return Response(
            authorization_body(started), status_code=200, cookies=[kept_cookie(site, started)]
        )
    return Response(
        None,
        status_code=303,
        headers={"Location": started.url},
        cookies=[kept_cookie(site, started)],
    )


@get(
    "/{provider:str}/callback",
    status_code=303,
    operation_id="finish_provider_login",
    operation_class=Returning,
    responses=problems(400, 403, 404, 409, 422, 503)
    | {200: in_json(TokensBody, "Tokens, for programs")},
    media_type=MediaType.JSON,
)
async def callback(
    provider: FromPath[str], request: AnnalsRequest
) -> Response[TokensBody | None] | Response[str]:
    """Finish a login: the provider sends the browser here with `code`, `state` and `iss`.

    The answer is the session cookie and the way to `return_to`. With `Accept: application/json` it
    is tokens instead. A refusal is a page for people who come with `Accept: text/html`.
    """
    try:
        return await _finish(request, provider)
    except (HttpProblem, DomainError) as refused:
        if not is_accepted(request, "text/html"):
            raise
        status = refused.kind.status if isinstance(refused, HttpProblem) else 409
        return page(str(refused), status=status)


async def _finish(request: AnnalsRequest, provider: str) -> Response[TokensBody | None]:
    site = own_site(request)
    answer = answer_of(request)
    kept = cookie_of(request, NAME)
    try:
        with turn(request, request.parts.login.provider_turns):
            person = await request.parts.provider_logins.finish(provider, kept, answer)
    except UnknownProvider:
        raise unknown_provider(provider) from None
    except LoginRefused as refused:
        raise HttpProblem("login-refused", str(refused)) from None
    programs = wants_json(request)
    pair = await log_in_with(request, person, for_cookie=not programs)
    done = site.cookie(NAME, "", life_seconds=0, same_site="lax")
    if programs and pair is not None:
        return Response(tokens_body(pair), status_code=200, cookies=[done])
    cookies = [done] if pair is None else [done, session_cookie(site, pair)]
    where = {"Location": site.origin + person.purpose.return_to}
    return Response(None, status_code=303, headers=where, cookies=cookies)


async def begin(request: AnnalsRequest, provider: str, purpose: LoginPurpose) -> StartedLogin:
    try:
        with turn(request, request.parts.login.provider_turns):
            return await request.parts.provider_logins.begin(provider, purpose)
    except UnknownProvider:
        raise unknown_provider(provider) from None


def authorization_body(started: StartedLogin) -> AuthorizationBody:
    return AuthorizationBody(authorization_url=started.url, expires_in=started.life_seconds)


def kept_cookie(site: OwnSite, started: StartedLogin) -> Cookie:
    # The provider sends the browser back from its own site, with which a strict cookie stays away.
    return site.cookie(NAME, started.kept, life_seconds=started.life_seconds, same_site="lax")


def checked_path(text: str) -> str:
    """Return a path of ours that a login may lead to.

    Raises:
        HttpProblem: 422, it leads elsewhere.
    """
    if not PATH.match(text):
        raise HttpProblem(
            "invalid", "return_to must be a path of this site, such as /today.", field="return_to"
        )
    return text


def answer_of(request: AnnalsRequest) -> Mapping[str, str]:
    """Return the parameters that the provider sent, each once; providers send some of their own.

    Raises:
        HttpProblem: 400, there are too many, one is too long, or one is given twice.
    """
    query = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise HttpProblem("malformed", "The provider sent too many parameters.") from None
    answer = dict(pairs)
    if len(answer) < len(pairs) or any(len(value) > MAX_VALUE for value in answer.values()):
        raise HttpProblem("malformed", "The provider sent a parameter twice, or too long a one.")
    return answer


def wants_json(request: AnnalsRequest) -> bool:
    return is_accepted(request, "application/json") and not is_accepted(request, "text/html")


def is_accepted(request: AnnalsRequest, media_type: str) -> bool:
    return media_type in (header(request.scope, b"accept") or "")


def unknown_provider(name: str) -> HttpProblem:
    return HttpProblem("not-found", f"There is no login provider {name[:40]}; GET {PREFIX}.")


OIDC = Router("/auth/oidc", route_handlers=[list_providers, start, callback], tags=["Accounts"])
