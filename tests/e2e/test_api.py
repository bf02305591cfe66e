"""The API against its own OpenAPI document: whatever is sent, it answers as it says it does."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from interfaces.http.openapi.docs import document
from interfaces.http.server.app import litestar_app
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import Postgres
from tests.support.views import caught_up

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def api(postgres: Postgres, _migrated: str, _valkey: str) -> Iterator[Serving]:
    with (
        postgres.database(like=_migrated) as url,
        tempfile.TemporaryDirectory() as folder,
        serving(url, Path(folder), redis_url=_valkey) as running,
    ):
        caught_up(url)
        yield running


@pytest.fixture(scope="module")
def token(api: Serving) -> str:
    account = {"email": f"{uuid4()}@example.org", "password": "a long password"}
    with httpx.Client(base_url=f"{api.address}/api/v1") as client:
        client.post("/auth/register", json=account).raise_for_status()
        return str(client.post("/auth/login", json=account).json()["access_token"])


def _open_to_all(page: dict[str, Any]) -> dict[str, Any]:
    """The document without a word of tokens: each request here bears a good one, so a case that
    is wrong in nothing but its token would be no such case. Tokens have tests of their own."""
    page["components"].pop("securitySchemes")
    for operations in page["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return page


DOCUMENT = schemathesis.openapi.from_dict(
    _open_to_all(msgspec.json.decode(document(litestar_app())))
)
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in DOCUMENT.get_all_operations()
    if isinstance(found, Ok)
}

# An open stream has no end to wait for; it has tests of its own.
ENDLESS = {"stream"}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - ENDLESS))
def test_an_operation_answers_as_the_document_says(name: str, api: Serving, token: str) -> None:
    operation = OPERATIONS[name]
    valid = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    invalid = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=valid | invalid)
    def whatever_is_sent(case: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(base_url=api.address, headers=headers)
        # What is too long is not looked at any further.
        checks = [not_a_server_error] if answer.status_code in {413, 414, 431} else CHECKS
        case.validate_response(answer, checks=checks)

    whatever_is_sent()
