"""A backup is restored to a moment: all that was acknowledged before it is there, views too."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infrastructure.development.embedded.postgres import EmbeddedPostgres
from infrastructure.development.embedded.program import Program
from projections.catalogue import VIEWS
from tests.support.processes.dev_process import ROOT, annals, environment
from tests.support.servers.databases import run_to_end, running, scratch
from tests.support.waiting import wait_until

# Written to disk as in earnest: a backup of what never got there would prove nothing.
KEPT = {"wal_level": "replica", "archive_mode": "on"}


@pytest.fixture
def place() -> Iterator[Path]:
    with scratch() as folder:
        archive = folder / "archive"
        archive.mkdir(mode=0o777)
        archive.chmod(0o777)  # PostgreSQL may have to run under another account
        yield folder


def test_a_database_comes_back_as_it_was_at_a_moment(place: Path, keys: Path) -> None:
    archive = place / "archive"
    # Under its own name only when it is whole.
    keep = f"cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f"
    first = EmbeddedPostgres(place / "first", KEPT | {"archive_command": keep})
    asyncio.run(first.initialise(run_to_end))
    with running(first.server):
        asyncio.run(first.ready())
        assert annals("migrate", database_url=first.url).returncode == 0
        create(first.url, keys, "before-the-backup")
        asyncio.run(run_to_end(backup(first, archive / "base")))
        create(first.url, keys, "after-the-backup")
        [(moment,)] = rows(first.url, "SELECT now()::text")
        create(first.url, keys, "after-the-moment")
        [(file,)] = rows(first.url, "SELECT pg_walfile_name(pg_switch_wal())")
        wait_until(lambda: (archive / str(file)).exists(), lambda: f"{file} was not archived")
    password = (first.home / "password").read_text()
    shutil.rmtree(first.home)  # the disk is gone

    told = rehearsed(first, archive, str(moment))
    for view in VIEWS:
        assert f"{view.name}: all " in told
    assert "log and views are whole" in told

    second = restored(place / "second", archive, moment, password)
    with running(second.server):
        asyncio.run(second.ready())
        wait_until(lambda: rows(second.url, "SELECT pg_is_in_recovery()") == [(False,)])
        names = {name for (name,) in rows(second.url, EMAILS)}
        assert names == {"before-the-backup", "after-the-backup"}
        rebuilt = annals("views", "rebuild", "--all", database_url=second.url)
        assert rebuilt.returncode == 0, rebuilt.stderr
        verified = annals("views", "verify", "--all", database_url=second.url)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        for view in VIEWS:
            assert f"{view.name}: all " in verified.stdout
        create(second.url, keys, "after-the-restore")
    shutil.rmtree(second.home)


EMAILS = """
    SELECT split_part(convert_from(state, 'UTF8')::json #>> '{event,email}', '@', 1)
    FROM stored_events WHERE topic = 'account.registered'
"""


def create(url: str, keys: Path, name: str) -> None:
    """Let something happen that is acknowledged."""
    words = ("users", "create", f"{name}@annals.example", "--password", "correct horse battery")
    created = annals(*words, database_url=url, keys_dir=str(keys))
    assert created.returncode == 0, created.stderr


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def backup(server: EmbeddedPostgres, target: Path) -> Program:
    tool = Path(server.server.argv[0]).with_name("pg_basebackup")
    return Program(
        name="pg_basebackup",
        argv=(str(tool), f"--dbname={server.url}", f"--pgdata={target}", "--checkpoint=fast"),
        folder=server.home,
        run_as=server.server.run_as,
        log=server.home / "backup.log",
    )


def rehearsed(first: EmbeddedPostgres, archive: Path, moment: str) -> str:
    """What the rehearsal says that operators run against the same files."""
    software = Path(first.server.argv[0]).parent
    here = Path(sys.executable).parent
    url = urlsplit(first.url)
    account = first.server.run_as
    done = subprocess.run(
        [ROOT / "scripts/rehearse-restore-of-files.sh", archive / "base", archive, moment],
        env=environment()
        | {"PATH": f"{here}:{software}:{os.environ['PATH']}"}
        | {"PGUSER": url.username or "", "PGDATABASE": url.path.strip("/")}
        | ({"RUN_AS": str(account.user)} if account else {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def restored(home: Path, archive: Path, moment: object, password: str) -> EmbeddedPostgres:
    """Put the base backup where a server expects its data, and tell it how far to go."""
    home.mkdir()
    (home / "password").write_text(password)  # of the accounts inside, not of the server
    second = EmbeddedPostgres(
        home,
        {
            "restore_command": f"cp {archive}/%f %p",
            "recovery_target_time": str(moment),
            "recovery_target_action": "promote",
        },
    )
    data = second.home / "data"
    shutil.copytree(archive / "base", data)
    (data / "recovery.signal").touch()
    data.chmod(0o700)
    if account := second.server.run_as:
        for path in (data, *data.rglob("*")):
            shutil.chown(path, account.user, account.group)
    return second
