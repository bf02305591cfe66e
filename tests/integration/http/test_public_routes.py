"""What is there for anybody: health, documentation, other origins."""

import re
from pathlib import Path

import psycopg

from tests.support.api import Api, running_api, settings_for
from tests.support.openapi import in_place

ROOT = "http://annals.test"


async def test_it_is_ready_with_the_schema_it_knows(api: Api, owner_url: str) -> None:
    ready = await api.http.get(f"{ROOT}/health/ready")
    assert ready.status_code == 200
    assert ready.json()["schema"] == ready.json()["schema_expected"]
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    behind = await api.http.get(f"{ROOT}/health/ready")
    assert behind.status_code == 503
    assert (await api.http.get(f"{ROOT}/health")).json()["status"] == "not ready"
    assert (await api.http.get(f"{ROOT}/health/live")).status_code == 200


async def test_the_documentation_needs_nothing_from_elsewhere(api: Api) -> None:
    page = await api.http.get(f"{ROOT}/docs")
    assert page.status_code == 200
    assert not re.search(r"https?://", page.text)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for address in re.findall(r'(?:src|spec-url)="([^"]+)"', page.text):
        assert (await api.http.get(ROOT + address)).status_code == 200


async def test_the_document_is_openapi_3_1_and_names_everything(api: Api) -> None:
    document = (await api.http.get(f"{ROOT}/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    paths = in_place(document["paths"], document["components"])
    operations = [op for path in paths.values() for op in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) > 20
    for operation in operations:
        assert operation["description"], operation["operationId"]
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and operation["operationId"] != "ready":
                assert list(answer["content"]) == ["application/problem+json"]
    assert "\\Z" not in str(document)


async def test_other_origins_are_let_in_only_when_they_are_named(
    database_url: str, keys: Path
) -> None:
    settings = settings_for(database_url, keys, cors_origins=("https://app.example.org",))
    async with running_api(settings) as api:
        asking = {"Access-Control-Request-Method": "POST"}
        friend = {"Origin": "https://app.example.org"}
        let_in = await api.http.options("/tasks", headers=asking | friend)
        assert let_in.headers["access-control-allow-origin"] == "https://app.example.org"
        stranger = {"Origin": "https://evil.example.org"}
        refused = await api.http.options("/tasks", headers=asking | stranger)
        assert "access-control-allow-origin" not in refused.headers
