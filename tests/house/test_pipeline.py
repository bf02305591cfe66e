"""The pipeline: well formed, with few rights, and with nothing in it that can change under us."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github"
WORKFLOWS = sorted(FOLDER.glob("workflows/*.yml"))
BIN = Path(sys.executable).parent


def each_workflow() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def read(file: Path) -> Any:
    # YAML 1.1 takes the word `on` for true.
    return yaml.safe_load(re.sub(r"(?m)^on:", '"on":', file.read_text()))


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in read(file)["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [FOLDER / "dependabot.yml"]),
        ("vendor.renovate", [FOLDER / "renovate.json"]),
    ],
)
def test_every_file_is_of_the_form_its_reader_wants(schema: str, files: list[Path]) -> None:
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", schema, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_no_weakness() -> None:
    audited = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", FOLDER],
        capture_output=True,
        text=True,
        check=False,
    )
    assert audited.returncode == 0, audited.stdout


@each_workflow()
def test_a_workflow_has_no_rights_but_those_a_job_asks_for(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {right for right, kind in job.get("permissions", {}).items() if kind == "write"}
        assert not writes or file.stem == "release", f"{name} may write {writes}"


@each_workflow()
def test_an_action_is_named_by_its_digest_and_says_which_version_that_is(file: Path) -> None:
    for line in file.read_text().splitlines():
        if "uses:" in line and "./" not in line:
            assert re.search(r"uses: [\w/.-]+@[0-9a-f]{40} # v\d+\.\d+", line), line


@each_workflow()
def test_every_script_a_workflow_calls_is_there_and_can_run(file: Path) -> None:
    for step in steps(file):
        for script in re.findall(r"(?:\.ci|scripts)/[\w.-]+", step.get("run", "")):
            assert (ROOT / script).stat().st_mode & 0o111, script


def test_the_tests_run_on_every_python_we_promise() -> None:
    job = read(FOLDER / "workflows/test.yml")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_a_release_carries_its_provenance_and_what_it_is_made_of() -> None:
    built = [
        step["with"]
        for step in steps(FOLDER / "workflows/release.yml")
        if step.get("uses", "").startswith("docker/build-push-action@")
    ]
    assert [(image["sbom"], image["provenance"]) for image in built] == [(True, "mode=max")]
