"""An earlier copy of the database that is put back is noticed by what processes knew of it.

Revises: 0020
"""

from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0020"
branch_labels = None
depends_on = None

IDENTITY = (Path(__file__).parents[1] / "sql" / "0026_earlier_copies.sql").read_text("utf-8")


def upgrade() -> None:
    op.execute(IDENTITY)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
