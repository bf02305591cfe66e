"""The documents of the published events say what the code says."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from projections.publishing.public_events import TOPICS
from tests.house.published_events import PAGE, SCHEMAS, file_name, files, schemas


def test_the_documents_are_as_todays_code_would_write_them() -> None:
    wanted = files()
    there = {path: path.read_text() for path in (*SCHEMAS.iterdir(), PAGE)}
    assert there == wanted, "run: python -m tests.house.published_events"


@pytest.mark.parametrize("schema", schemas().values(), ids=lambda schema: schema["$id"])
def test_every_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_type_is_in_the_channel_of_its_topic() -> None:
    document = yaml.safe_load(PAGE.read_text())
    found = {
        name: address
        for address, channel in document["channels"].items()
        for name in channel["messages"]
    }
    assert found == {name: str(topic) for name, topic in TOPICS.items()}


def test_every_reference_leads_somewhere() -> None:
    document = yaml.safe_load(PAGE.read_text())
    for reference in _references(document):
        if reference.startswith("#/"):
            place: Any = document
            for step in reference.removeprefix("#/").split("/"):
                place = place[step]
        else:
            assert (PAGE.parent / reference).is_file(), reference
    assert {file_name(name) for name in schemas()} == {path.name for path in SCHEMAS.iterdir()}


def _references(place: Any) -> list[str]:
    if isinstance(place, dict):
        own = [place["$ref"]] if "$ref" in place else []
        return own + [r for value in place.values() for r in _references(value)]
    return [r for value in place for r in _references(value)] if isinstance(place, list) else []
