"""The account for PostgreSQL when we are root, because PostgreSQL refuses to run as root.

The permissions of existing folders stay. Files that the account cannot reach go to STATE instead.
"""

import os
import pwd
import secrets
import shutil
import stat
from pathlib import Path

import structlog

from application.ports.startup import CannotStart
from infrastructure.development.embedded.program import RunAs

STATE = Path("/var/lib/annals")

log = structlog.get_logger()


def account_for(data: Path) -> RunAs | None:
    """Return None unless we are root; then the owner of the data, or postgres, or nobody.

    Raises:
        CannotStart: we are root, and the machine has no such account.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return RunAs(user=owner.st_uid, group=owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(user=entry.pw_uid, group=entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root, and there is no account postgres or nobody: "
        "run this as an ordinary user, or set ANNALS_DATABASE_URL."
    )


def home_within_reach(home: Path, account: RunAs | None) -> Path:
    """Return the folder, created if needed; or make it a symbolic link to a folder in STATE."""
    if not home.is_symlink() and account and not _can_enter(home.parent, account):
        elsewhere = STATE / secrets.token_hex(8)
        log.info(
            "postgres_data_moved",
            data_folder=str(home.parent),
            moved_to=str(elsewhere),
            reason="the account of PostgreSQL cannot enter the data folder",
        )
        home.symlink_to(elsewhere)
    home = home.resolve()
    home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(home, account.user, account.group)
    return home


def software_within_reach(
    site: Path, parts: tuple[str, ...], version: str, account: RunAs | None
) -> Path:
    """Return a folder whose `parts` the account can run: `site`, or a copy of these parts."""
    if account is None or all(_can_enter(site / part, account) for part in parts):
        return site
    copy = STATE / f"software-{version}"
    if not copy.exists():
        log.info("copying_postgres", folder=str(copy))
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = STATE / f"unfinished-{secrets.token_hex(4)}"
        for part in parts:
            shutil.copytree(site / part, unfinished / part, symlinks=True)
        try:
            unfinished.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(unfinished)
    return copy


def _can_enter(folder: Path, account: RunAs) -> bool:
    folder = folder.resolve()
    return all(_may_pass(step.stat(), account) for step in (folder, *folder.parents))


def _may_pass(step: os.stat_result, account: RunAs) -> bool:
    if step.st_uid == account.user:
        return bool(step.st_mode & stat.S_IXUSR)
    if step.st_gid == account.group:
        return bool(step.st_mode & stat.S_IXGRP)
    return bool(step.st_mode & stat.S_IXOTH)
