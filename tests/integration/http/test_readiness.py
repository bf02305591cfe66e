"""A process is ready only while the database accepts what people write."""

import psycopg
import pytest

from infrastructure.store import write_probe
from tests.support.api import Api, Person

pytestmark = pytest.mark.anyio

READY = "http://annals.test/health/ready"
DISK_FULL = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER disk_full BEFORE INSERT ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION disk_full();
"""


async def test_a_process_whose_writes_fail_on_a_full_disk_is_not_ready(
    api: Api, ada: Person, owner_url: str
) -> None:
    assert (await api.http.get(READY)).status_code == 200
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(DISK_FULL)
        assert (await ada.ask("POST", "/tasks", {"title": "Lost"})).status_code == 503
        answer = await api.http.get(READY)
        assert (answer.status_code, answer.json()["writes"]) == (503, "refused")
        assert answer.json()["database"] == "up"
        connection.execute("DROP TRIGGER disk_full ON stored_events")
    assert (await ada.ask("POST", "/tasks", {"title": "Stored"})).status_code == 201
    assert (await api.http.get(READY)).status_code == 200


async def test_a_process_is_not_ready_while_nothing_can_be_committed(
    api: Api, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_probe, "PROBE_SECONDS", 0.0)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        answer = await api.http.get(READY)
        assert (answer.status_code, answer.json()["writes"]) == (503, "refused")
