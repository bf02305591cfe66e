"""An earlier release: a copy of today's code that lacks one event, and a field of another."""

import shutil
from pathlib import Path

from tests.support.processes.dev_process import ROOT

PACKAGES = ("alembic", "application", "domain", "infrastructure", "interfaces", "projections")
EVENT = "task.restored"
FIELD = "default_reminders"
# What today's files have beyond those of the release.
LACKS = {
    "domain/events/tasks.py": "    | TaskRestored\n",
    "domain/events/preferences.py": f"    {FIELD}: tuple[str, ...] | UnsetType = UNSET\n",
    "interfaces/http/notifications/preferences.py": (
        f"    {FIELD}: DefaultReminders | UnsetType = UNSET\n"
    ),
    "domain/preferences.py": f"""\
        if wanted.{FIELD} is not UNSET:
            texts = checked_reminders(wanted.{FIELD}, field="{FIELD}")
            wanted = replace(wanted, {FIELD}=texts)
""",
}


def earlier_release(folder: Path) -> Path:
    """Write the code of the release into a new folder; return it."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, lines in LACKS.items():
        file = folder / name
        today = file.read_text()
        assert today.count(lines) == 1, f"{name} does not have: {lines}"
        file.write_text(today.replace(lines, ""))
    return folder
