"""What a reader of the OpenAPI document sees of each operation."""

from typing import Any

import msgspec
import pytest

from interfaces.http.openapi.docs import document
from interfaces.http.server.app import litestar_app

PAGE = msgspec.json.decode(document(litestar_app()))
OPERATIONS: dict[str, Any] = {
    operation["operationId"]: operation
    for operations in PAGE["paths"].values()
    for operation in operations.values()
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_in_words_what_it_does(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"] == name.replace("_", " ").capitalize()
    assert operation["description"].strip().endswith((".", ":"))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_nothing_in_an_address_or_a_header_is_null(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", ()):
        assert "null" not in str(parameter["schema"]), parameter["name"]


def test_a_parameter_keeps_what_it_may_be() -> None:
    by_name = {each["name"]: each["schema"] for each in OPERATIONS["list_tasks"]["parameters"]}
    assert by_name["q"]["type"] == "string"
    assert by_name["q"]["maxLength"] == 500
    assert by_name["recurring"]["type"] == "boolean"
    assert by_name["series_id"]["format"] == "uuid"
