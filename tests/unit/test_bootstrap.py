"""The door offers functions and nothing else, and opening it loads no process."""

import inspect
import subprocess
import sys

from infrastructure import bootstrap

LIBRARIES = ("psycopg", "litestar", "redis", "dramatiq", "confluent_kafka", "eventsourcing")


def test_the_door_offers_functions_alone() -> None:
    own = {name: value for name, value in vars(bootstrap).items() if not name.startswith("_")}
    defined = [value for value in own.values() if inspect.getmodule(value) is bootstrap]
    assert len(defined) >= 10
    assert all(inspect.isfunction(value) for value in defined)
    assert not hasattr(bootstrap, "__all__")


def test_a_look_at_the_door_loads_no_library_of_a_process() -> None:
    code = "import sys, infrastructure.bootstrap; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "infrastructure.bootstrap" in loaded
    assert not set(LIBRARIES) & set(loaded)
