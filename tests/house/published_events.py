"""Writes docs/asyncapi.yaml and docs/schemas: `python -m tests.house.published_events`."""

import inspect
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import yaml

from domain.vocabulary import AccountId
from projections.publishing.cloud_events import UnpublishableEvent
from projections.publishing.public_events import (
    PUBLIC_EVENT_LIST,
    UNPUBLISHABLE,
    KafkaTopic,
    PublicEvent,
    schema_name,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "asyncapi.yaml"
SCHEMAS = DOCS / "schemas"

ABOUT = """\
Every public event, in order per account, at least once. Messages are CloudEvents 1.0 in the
binary mode: the attributes are headers that begin with `ce_`, the value is the data as JSON.
docs/kafka.md tells what is promised and how to consume it. This document is written by
`python -m tests.house.published_events` and held to the code by a test.
"""
CARRIED: dict[KafkaTopic, str] = {
    KafkaTopic.TASKS: "What happens to tasks.",
    KafkaTopic.RECURRENCE: "What happens to series, and the tasks they lead to.",
    KafkaTopic.REMINDERS: "What happens to reminders.",
    KafkaTopic.NOTIFICATIONS: "What becomes of notifications.",
    KafkaTopic.ACCOUNTS: "What happens to accounts; names and addresses are not told.",
    KafkaTopic.DEAD_LETTERS: (
        "Entries of the log that could not be announced, without their content."
    ),
}
HEADERS: dict[str, str] = {
    "ce_specversion": "1.0",
    "ce_id": "Stable for ever: by it a consumer knows what it has had already.",
    "ce_type": "What happened.",
    "ce_source": "Where it comes from: ANNALS_EVENT_SOURCE.",
    "ce_subject": "The id of the task, account or other thing it happened to.",
    "ce_time": "When it happened; not on dead letters.",
    "ce_dataschema": "The name of the schema of the data.",
    "ce_sequence": "The place in the log: a decimal number that only grows.",
    "ce_partitionkey": "The account whose event it is, which is also the key of the message.",
    "ce_traceparent": "The W3C trace it belongs to, if there is one.",
    "content-type": "application/json",
}
OPTIONAL = ("ce_time", "ce_traceparent")


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of the data of each event, by its name."""
    return {told.schema: _schema(told) for told in PUBLIC_EVENT_LIST} | {
        schema_name(UNPUBLISHABLE, 1): _dead_schema()
    }


def files() -> dict[Path, str]:
    """Return the content of every generated file, as today's code would write it."""
    written = {
        SCHEMAS / file_name(name): json.dumps(schema, indent=2) + "\n"
        for name, schema in schemas().items()
    }
    document = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=100)
    return written | {PAGE: document}


def file_name(schema: str) -> str:
    _, _, name = schema.partition(":annals:")
    return f"{name.replace(':', '.')}.json"


def asyncapi() -> dict[str, Any]:
    messages = {
        told.type: _message(told.type, told.schema, _meaning(told)) for told in PUBLIC_EVENT_LIST
    }
    messages[UNPUBLISHABLE] = _message(
        UNPUBLISHABLE, schema_name(UNPUBLISHABLE, 1), CARRIED[KafkaTopic.DEAD_LETTERS]
    )
    types = {
        topic: [told.type for told in PUBLIC_EVENT_LIST if told.topic is topic]
        for topic in KafkaTopic
    }
    types[KafkaTopic.DEAD_LETTERS] = [UNPUBLISHABLE]
    carried = {topic: names for topic, names in types.items() if names}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Annals events", "version": "1", "description": " ".join(ABOUT.split())},
        "defaultContentType": "application/json",
        "channels": {
            str(topic): {
                "address": str(topic),
                "description": CARRIED[topic],
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in carried[topic]
                },
            }
            for topic in carried
        },
        "operations": {
            f"publish-{topic}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{topic}"},
                "bindings": {"kafka": {"clientId": {"type": "string", "const": "annals"}}},
            }
            for topic in carried
        },
        "components": {
            "messages": messages,
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
        },
    }


def _message(name: str, schema: str, meaning: str) -> dict[str, Any]:
    key = {"type": "string", "format": "uuid"}
    return {
        "name": name,
        "title": name,
        "description": meaning,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"schemas/{file_name(schema)}"},
        "bindings": {"kafka": {"key": key}},
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": meaning} for name, meaning in HEADERS.items()
        },
        "required": [name for name in HEADERS if name not in OPTIONAL],
    }


def _schema(told: PublicEvent) -> dict[str, Any]:
    known = {field.name: field for field in msgspec.structs.fields(told.event)}
    shape = msgspec.defstruct(
        told.type,
        [
            ("id", UUID),
            ("owner", AccountId),
            ("version", int),
            *(
                # What may stay unset may be left out; all else is always there.
                (name, known[name].type, msgspec.UNSET)
                if msgspec.UnsetType in getattr(known[name].type, "__args__", ())
                else (name, known[name].type)
                for name in told.fields
            ),
        ],
        kw_only=True,
    )
    return _finished(told.schema, _meaning(told), msgspec.json.schema(shape))


def _dead_schema() -> dict[str, Any]:
    return _finished(
        schema_name(UNPUBLISHABLE, 1),
        CARRIED[KafkaTopic.DEAD_LETTERS],
        msgspec.json.schema(UnpublishableEvent),
    )


def _finished(name: str, meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return one object on its own, with what it refers to beside it."""
    definitions = schema.pop("$defs")
    shape = definitions.pop(schema.pop("$ref").rpartition("/")[2])
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        "description": meaning,
    }
    definitions = {"$defs": definitions} if definitions else {}
    return about | {key: shape[key] for key in ("type", "properties", "required")} | definitions


def _meaning(told: PublicEvent) -> str:
    return " ".join((inspect.getdoc(told.event) or "").split())


def main() -> None:
    wanted = files()
    SCHEMAS.mkdir(exist_ok=True)
    for stale in set(SCHEMAS.iterdir()) - wanted.keys():
        stale.unlink()
    for path, text in wanted.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
