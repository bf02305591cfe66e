"""The documentation page: RapiDoc, vendored, so that it works without internet access."""

from functools import cache
from pathlib import Path

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.params import FromPath

from domain.record import Record
from interfaces.http.openapi.completion import completed
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.openapi.static_file import StaticFile
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.protocol.request import AnnalsRequest

STATIC = Path(__file__).parent / "vendored"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Annals API</title>
<link rel="icon" href="data:,">
<script type="module" src="/docs/rapidoc-min.js"></script>
</head>
<body>
<rapi-doc spec-url="/openapi.json" load-fonts="false" show-header="false" render-style="read"
  theme="light" primary-color="#3b5b92" regular-font="system-ui, sans-serif"
  mono-font="ui-monospace, monospace" schema-description-expanded="true" persist-auth="false">
</rapi-doc>
</body>
</html>
"""
# Only scripts and requests of this origin; RapiDoc uses inline styles.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class ProblemExplanation(Record):
    """What a problem type means, and what to do."""

    type: str
    title: str
    status: int
    advice: str


_PAGE = StaticFile(PAGE.encode(), "text/html", {"Content-Security-Policy": POLICY})


@get(
    "/docs",
    operation_id="docs",
    media_type=MediaType.HTML,
    include_in_schema=False,
    sync_to_thread=False,
)
def docs(request: AnnalsRequest) -> Response[bytes]:
    return _PAGE.respond(request.scope)


@get("/openapi.json", operation_id="openapi", include_in_schema=False, sync_to_thread=False)
def openapi(request: AnnalsRequest) -> Response[bytes]:
    app = request.app
    if "openapi" not in app.state:
        app.state.openapi = StaticFile(
            document(app), "application/json", {"Cache-Control": "no-cache"}
        )
    file: StaticFile = app.state.openapi
    return file.respond(request.scope)


def document(app: Litestar) -> bytes:
    """Return the OpenAPI document as JSON, the same in every process."""
    text = msgspec.json.encode(completed(app.openapi_schema.to_schema()), order="sorted")
    # Patterns are written for Python; the document needs those of ECMAScript.
    return text.replace(rb'\\Z"', b'$"')


@get("/docs/rapidoc-min.js", operation_id="rapidoc", include_in_schema=False, sync_to_thread=False)
def rapidoc(request: AnnalsRequest) -> Response[bytes]:
    return _script().respond(request.scope)


@cache
def _script() -> StaticFile:
    body = (STATIC / "rapidoc-min.js").read_bytes()
    return StaticFile(body, "text/javascript", {"Cache-Control": "public, max-age=86400"})


@get(
    "/problems/{name:str}",
    operation_id="get_problem",
    operation_class=Documented,
    tags=["Problems"],
    responses=problems(400, 404),
    sync_to_thread=False,
)
def explain(name: FromPath[str]) -> ProblemExplanation:
    """Explain a problem type."""
    kind = PROBLEM_TYPES.get(name)
    if kind is None:
        raise HttpProblem("not-found", f"There is no problem type {name!r}.")
    return ProblemExplanation(
        type=f"/problems/{name}", title=kind.title, status=kind.status, advice=kind.advice
    )
