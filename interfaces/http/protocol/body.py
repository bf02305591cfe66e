"""Request bodies: JSON, decoded strictly and in one step by a prepared decoder."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.headers import header

T = TypeVar("T")


_decoders: dict[str, msgspec.json.Decoder[Any]] = {}  # one per handler


def body_type(scope: Mapping[str, Any]) -> Any:
    """Return the type of the body that the handler of a request expects, or None."""
    handler = scope.get("route_handler")
    decoder = _decoders.get(handler.handler_id) if handler is not None else None
    return None if decoder is None else decoder.type


def decoder_of(handler: BaseRouteHandler) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a handler with `dto=Body`. Its key takes long to compute."""
    return _decoders[handler.handler_id]


def decode_body(scope: Mapping[str, Any], value: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Return the body of a request.

    Raises:
        HttpProblem: 415, it is not declared as JSON or is compressed; 400, it cannot be JSON.
        msgspec.DecodeError: it is not JSON, or not of the type that the decoder expects.
    """
    content_type = header(scope, b"content-type") or ""
    kind = content_type.partition(";")[0].strip().lower()
    # A change of some fields, with null for none, is a merge patch (RFC 7396).
    patch = kind == "application/merge-patch+json" and scope["method"] == "PATCH"
    if kind != "application/json" and not patch:
        raise HttpProblem(
            "unsupported-media-type", "The body must be application/json.", field="Content-Type"
        )
    try:
        return decoder.decode(value)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        if header(scope, b"content-encoding") not in (None, "identity"):
            raise HttpProblem(
                "unsupported-media-type",
                "Send the body as it is, without Content-Encoding.",
                field="Content-Encoding",
                headers={"Accept-Encoding": "identity"},
            ) from None
        if isinstance(error, UnicodeDecodeError):
            raise HttpProblem("malformed", "The body is not UTF-8.") from None
        raise
    except RecursionError:
        raise HttpProblem("malformed", "The body is nested too deeply.") from None


class Body(AbstractDTO[T]):
    """Decodes `data` of a handler with `dto=Body` exactly as its annotation says.

    Litestar itself decodes to dictionaries and converts those laxly: it would accept the text
    "null" for null and a number for a date.
    """

    def decode_bytes(self, value: bytes) -> Any:
        connection = self.asgi_connection
        return decode_body(connection.scope, value, decoder_of(connection.route_handler))

    def decode_builtins(self, value: Any) -> Any:
        raise NotImplementedError("Forms are not supported.")

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        return field_definition.name == "data"

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        _decoders[handler_id] = msgspec.json.Decoder(field_definition.raw)

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        raise NotImplementedError

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        raise NotImplementedError
