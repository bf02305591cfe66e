"""What a reader of the OpenAPI document sees of each operation."""

import os
import re
import subprocess
import sys
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from interfaces.http.openapi.docs import document
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.server.app import litestar_app
from tests.support.openapi import in_place

PAGE = msgspec.json.decode(document(litestar_app()))
OPERATIONS: dict[str, Any] = {
    operation["operationId"]: operation
    for operations in in_place(PAGE["paths"], PAGE["components"]).values()
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


def texts(value: Any) -> list[str]:
    """All that a reader of a part of the document reads."""
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("title", "summary", "description") if key in value]
    found = [text for text in own if isinstance(text, str)]
    return found + [text for each in value.values() for text in texts(each)]


# Private words that texts for people once had, where plain English has better ones.
PRIVATE = re.compile(
    r"\b(told|tells?|whoever|somebody|nobody|stands|comes? round|rings?|rang|no more|anew|asker)\b",
    re.IGNORECASE,
)


def test_the_document_and_the_problems_are_in_plain_words() -> None:
    problems = [text for kind in PROBLEM_TYPES.values() for text in (kind.title, kind.advice)]
    found = texts(PAGE)
    assert len(found) > 300
    assert [text for text in [*found, *problems] if PRIVATE.search(text)] == []


def test_an_operation_begins_with_a_verb_that_says_what_it_does() -> None:
    described = {name: operation["description"] for name, operation in OPERATIONS.items()}
    assert described["add_webhook"].startswith("Register a webhook.")
    assert described["end_recurrence"].startswith("Stop the recurrence after this occurrence.")
    assert described["logout"].startswith("End the session of a refresh token, or ")
    preferences = described["get_notification_preferences"]
    assert preferences.startswith("Get your notification preferences.\n\nNeeds the scope `")


def test_the_document_is_the_same_in_every_process() -> None:
    """Sets are ordered by hashes, which differ from process to process."""
    code = (
        "import sys; from interfaces.http.openapi.docs import document;"
        "from interfaces.http.server.app import litestar_app;"
        "sys.stdout.buffer.write(document(litestar_app()))"
    )
    documents = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(documents) == 1


def schemas(value: Any) -> list[dict[str, Any]]:
    """All parts of the document that may be schemas."""
    if isinstance(value, list):
        return [found for each in value for found in schemas(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for each in value.values() for found in schemas(each))]


def test_no_schema_has_an_alternative_that_says_nothing() -> None:
    for schema in schemas(PAGE):
        for several in ("oneOf", "anyOf"):
            assert {} not in schema.get(several, ())
            assert len(schema.get(several, "more")) > 1, schema


def test_every_schema_has_a_name_of_its_own() -> None:
    """Of two classes of one name, Litestar calls both by their modules, and generators of clients
    fail."""
    for name, schema in PAGE["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name), name
        assert schema["title"] == name


def test_what_operations_have_in_common_is_written_once() -> None:
    parts = [
        msgspec.json.encode(part, order="sorted")
        for operations in PAGE["paths"].values()
        for operation in operations.values()
        for status, part in operation["responses"].items()
        if int(status) >= 400 and "$ref" not in part
    ]
    assert {part for part in parts if parts.count(part) > 1} == set()
    assert PAGE["components"]["parameters"].keys() >= {"X-Request-ID", "Idempotency-Key"}
    assert len(document(litestar_app())) < 600_000  # bytes, of which 1.5 million were repetitions


def test_every_field_of_a_body_has_a_type() -> None:
    # The values of any field, and the bodies of any request.
    anything = {("Change", "before"), ("Change", "after")}
    anything |= {("BatchItem", "body"), ("BatchItemAnswer", "body")}
    for title, schema in PAGE["components"]["schemas"].items():
        for name, shape in schema.get("properties", {}).items():
            assert (title, name) in anything or shape.keys() & {"type", "$ref", "oneOf"}, (
                title,
                name,
            )


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_whether_it_needs_a_token(name: str) -> None:
    public = {"register", "login", "refresh", "logout", "jwks", "list_event_types", "get_problem"}
    public |= {"live", "ready", "health", "unsubscribe", "show_unsubscribe"}
    public |= {"confirm_address", "show_confirm_address", "verify_account", "show_verify_account"}
    public |= {"request_password_reset", "reset_password"}
    public |= {"show_reset_password", "submit_reset_password"}
    public |= {"list_login_providers", "start_provider_login", "finish_provider_login"}
    public |= {"begin_passkey_login", "log_in_with_passkey"}
    public |= {"resource_metadata", "assistant_metadata", "calendar_feed"}
    # Which scope it needs: tests/integration/http/test_access.py.
    schemes = [list(each) for each in OPERATIONS[name]["security"]]
    assert schemes == ([] if name in public else [["bearer"]])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_example_is_valid_and_there_is_one_of_each_part(name: str) -> None:
    operation = OPERATIONS[name]
    shown = [(part["schema"], part["example"]) for part in operation.get("parameters", ())]
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    shown += [
        (media["schema"], media["example"])
        for part in contents
        for kind, media in part.get("content", {}).items()
        if kind.endswith("json")
    ]
    for schema, example in shown:
        whole = {**schema, "components": PAGE["components"]}
        jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(example)


def closed(schema: Any) -> Any:
    """The schema as the API reads it: a field that it does not name is refused."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {name: closed(each) for name, each in schema.items()}
    return {"additionalProperties": False, **inside} if "properties" in schema else inside


SCHEMAS = closed(PAGE["components"])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_example_of_a_body_has_only_fields_that_its_schema_names(name: str) -> None:
    contents = [OPERATIONS[name].get("requestBody", {}), *OPERATIONS[name]["responses"].values()]
    for part in contents:
        for kind, media in part.get("content", {}).items():
            if kind.endswith("json"):
                whole = {**closed(media["schema"]), "components": SCHEMAS}
                jsonschema_rs.Draft202012Validator(whole).validate(media["example"])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_names_a_tag_that_is_explained_and_how_it_refuses(name: str) -> None:
    operation = OPERATIONS[name]
    explained = {tag["name"] for tag in PAGE["tags"] if tag["description"]}
    assert len(operation["tags"]) == 1
    assert set(operation["tags"]) <= explained
    statuses = {int(status) for status in operation["responses"]}
    assert min(statuses) < 400
    never_refuse = {"live", "ready", "health"}
    assert any(400 <= status < 500 for status in statuses) or name in never_refuse


def test_every_tag_has_operations() -> None:
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert [tag["name"] for tag in PAGE["tags"] if tag["name"] not in used] == []


def test_a_patch_is_also_a_merge_patch() -> None:
    content = OPERATIONS["change_task"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/merge-patch+json"}
