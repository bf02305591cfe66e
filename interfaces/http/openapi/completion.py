"""Completes the OpenAPI document that Litestar writes: clean schemas, security and examples."""

from collections.abc import Mapping
from typing import Any

from interfaces.http.openapi.documentation import DESCRIPTIONS
from interfaces.http.openapi.examples import example
from interfaces.http.openapi.shared_parts import share_parts
from interfaces.http.problems.documents import MEDIA_TYPE
from interfaces.http.protocol.scopes import ACCESS, Credential

# Times on a wall, without an offset: a `date-time` has one, and strict clients insist on it.
WALL_TIMES = ("dtstart", "exdates", "local", "occurrence", "latest")

# Litestar takes a response whose content is None for one with the content `null`.
EMPTY = frozenset(("204", "303"))

MERGE_PATCH = "application/merge-patch+json"


def completed(document: Any) -> Any:
    """Return the document with what its readers need and Litestar leaves out."""
    document = _clean(document)
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _say_who_may(operation)
            for parameter in operation.get("parameters", ()):
                shown = example(parameter["schema"], parameter["name"], schemas)
                parameter.setdefault("example", shown)
            body = operation.get("requestBody", {}).get("content", {})
            for status in EMPTY & operation["responses"].keys():
                operation["responses"][status].pop("content", None)
            answers = operation["responses"].values()
            for content in (body, *(answer.get("content", {}) for answer in answers)):
                _show_examples(content, schemas)
            if method == "patch" and "application/json" in body:
                body[MERGE_PATCH] = body["application/json"]
    share_parts(document)
    return document


def _say_who_may(operation: Any) -> None:
    """Name the scope of an operation, and the refusal of credentials without it.

    Without `security`, clients take it for unknown, not for none.
    """
    access = ACCESS[operation["operationId"]]
    if access.credential is Credential.NONE:
        operation["security"] = []
        return
    operation["security"] = [{"bearer": [access.scope] if access.scope else []}]
    needs = f"Needs the scope `{access.scope}`" if access.scope else "Needs a credential"
    if access.credential is Credential.SESSION:
        needs = "Needs a session: no personal access token is enough"
    if access.role is not None:
        needs += f", and the role `{access.role}`"
    operation["description"] = f"{operation['description']}\n\n{needs}."
    refusal = {"$ref": "#/components/schemas/Problem"}
    operation["responses"].setdefault(
        "403",
        {"description": DESCRIPTIONS[403], "content": {MEDIA_TYPE: {"schema": refusal}}},
    )


def _show_examples(content: Any, schemas: Mapping[str, Any]) -> None:
    for kind, media in content.items():
        if kind.endswith("json") and "schema" in media:
            media["example"] = example(media["schema"], "", schemas)


def _clean(value: Any) -> Any:
    """Return a part of the document without the empty arms of its schemas.

    Litestar writes the `...` of a tuple and a value that may be omitted as alternatives.
    """
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned = {name: _clean(item) for name, item in value.items()}
    arms = cleaned.get("oneOf")
    if isinstance(arms, list):
        meant = [arm for arm in arms if arm]
        if len(meant) == 1:
            del cleaned["oneOf"]
            return {**meant[0], **cleaned}
        cleaned["oneOf"] = meant
        if not meant:
            del cleaned["oneOf"]  # any value
    for name in WALL_TIMES:
        if name in cleaned.get("properties", {}):
            _drop_format(cleaned["properties"][name])
    if cleaned.get("required") == []:
        del cleaned["required"]
    return cleaned


def _drop_format(schema: Any) -> None:
    schema.pop("format", None)
    for part in (schema.get("items"), *schema.get("oneOf", ())):
        if isinstance(part, dict):
            _drop_format(part)
