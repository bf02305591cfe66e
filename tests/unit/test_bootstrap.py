"""The door offers functions and nothing else, and opening it loads no process."""

import inspect
import subprocess
import sys

import pytest

from infrastructure import bootstrap

LIBRARIES = ("psycopg", "litestar", "redis", "dramatiq", "confluent_kafka", "eventsourcing")


def test_the_door_offers_functions_alone() -> None:
    own = {name: value for name, value in vars(bootstrap).items() if not name.startswith("_")}
    defined = [value for value in own.values() if inspect.getmodule(value) is bootstrap]
    assert len(defined) >= 10
    assert all(inspect.isfunction(value) for value in defined)
    assert not hasattr(bootstrap, "__all__")


def test_a_look_at_the_door_loads_no_library_of_a_process() -> None:
    loaded = loaded_by("infrastructure.bootstrap")
    assert "infrastructure.bootstrap" in loaded
    assert not set(LIBRARIES) & loaded


@pytest.mark.parametrize(
    ("process", "libraries"),
    [
        ("api", {"dramatiq", "pywebpush"}),
        ("project", {"redis", "dramatiq"}),
        ("relay_admin", {"redis", "dramatiq"}),
        ("work", {"pywebpush", "aiohttp", "requests"}),
    ],
)
def test_a_process_starts_without_libraries_that_it_may_never_use(
    process: str, libraries: set[str]
) -> None:
    loaded = loaded_by(f"infrastructure.wiring.{process}")
    assert "psycopg" in loaded
    assert not libraries & loaded


def loaded_by(module: str) -> set[str]:
    """Return the names of all modules that are loaded with this one."""
    code = f"import sys, {module}; print(*sys.modules)"
    return {
        *subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    }
