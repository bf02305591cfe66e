"""A PostgreSQL whose write-ahead log is archived: base backups, and restores from them."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

from msgspec.structs import replace

from tests.support.servers.databases import run_to_end
from tests.support.servers.replicas import OPTIONS, PostgresNode
from tests.support.waiting import wait_until

# Relative to the data folder, which is the working folder of the server's processes.
ARCHIVE = "../archive"
ARCHIVING = {
    "archive_mode": "on",
    "archive_command": f"mkdir -p {ARCHIVE} && cp %p {ARCHIVE}/%f",
    "restore_command": f"cp {ARCHIVE}/%f %p",
}
MOMENT = "kept"  # the name of the restore point


class ArchivedNode(PostgresNode):
    """A server with one base backup and one moment, to which it can be restored."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, OPTIONS | ARCHIVING)

    @property
    def _data(self) -> Path:
        return self.embedded.home / "data"

    @property
    def _backup(self) -> Path:
        return self.embedded.home / "backup"

    def back_up(self) -> None:
        """Copy the files of the running server, in the place of an earlier copy."""
        shutil.rmtree(self._backup, ignore_errors=True)
        server = self.embedded.server
        program = str(Path(server.argv[0]).with_name("pg_basebackup"))
        argv = (program, f"--dbname={self.url}", f"--pgdata={self._backup}", "--checkpoint=fast")
        copy = replace(server, name="pg_basebackup", argv=(*argv, "--no-sync"))
        asyncio.run(run_to_end(copy))

    def mark_moment(self) -> None:
        self.query("SELECT pg_create_restore_point(%s)", MOMENT)

    def put_backup_back(self) -> None:
        """Stop, and start again as the server was when it was backed up: on the same timeline."""
        self.stop()
        self.replace_data()
        self.start()

    def restore_to_moment(self) -> None:
        """Stop, and start again as the server was at the moment that was marked."""
        [(segment,)] = self.query("SELECT pg_walfile_name(pg_switch_wal())")
        wait_until(lambda: (self.embedded.home / "archive" / segment).exists())
        self.stop()
        self.replace_data()
        with (self._data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"recovery_target_name = '{MOMENT}'\nrecovery_target_action = 'promote'\n"
            )
        signal, owner = self._data / "recovery.signal", self._data.stat()
        signal.touch()
        os.chown(signal, owner.st_uid, owner.st_gid)
        self.start()
        wait_until(lambda: self.query("SELECT pg_is_in_recovery()") == [(False,)])

    def replace_data(self) -> None:
        """Put the backup in the place of the data; the server is stopped."""
        shutil.rmtree(self._data)
        subprocess.run(["cp", "-a", str(self._backup), str(self._data)], check=True)
