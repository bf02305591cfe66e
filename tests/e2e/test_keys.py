"""The keys at the command line, and processes that follow without being told."""

import json
from pathlib import Path

import httpx

from tests.support.processes.dev_process import annals
from tests.support.processes.serve_processes import serving
from tests.support.waiting import wait_until


def test_processes_follow_a_rotation_and_tokens_of_before_stay_good(
    database_url: str, tmp_path: Path
) -> None:
    keys = str(tmp_path / "keys")
    account = {"email": "ada@example.org", "password": "correct horse battery"}
    with (
        serving(database_url, tmp_path, processes=2) as api,
        httpx.Client(base_url=api.address) as client,
    ):
        assert client.post("/api/v1/auth/register", json=account).status_code == 201
        token = client.post("/api/v1/auth/login", json=account).json()["access_token"]
        for _ in range(2):
            done = annals("keys", "rotate", "--now", "--json", keys_dir=keys)
            assert done.returncode == 0, done.stderr
        signing = json.loads(done.stdout)["signing"]
        states = json.loads(annals("keys", "list", "--json", keys_dir=keys).stdout)
        assert sorted(key["state"] for key in states) == ["active", "next", "retired"]
        assert [key["kid"] for key in states if key["state"] == "active"] == [signing]

        def known() -> bool:
            # A new connection each: one of the two processes answers it.
            answers = [httpx.get(api.address + "/.well-known/jwks.json") for _ in range(8)]
            return all(len(answer.json()["keys"]) == 3 for answer in answers)

        wait_until(known)
        me = {"Authorization": f"Bearer {token}"}
        for _ in range(8):
            assert httpx.get(api.address + "/api/v1/auth/me", headers=me).status_code == 200


def test_where_there_is_no_folder_a_sentence_says_so(tmp_path: Path) -> None:
    done = annals("keys", "rotate", keys_dir=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "cannot be written to" in done.stderr
    assert "Traceback" not in done.stderr
