"""An earlier copy of the database that is put back is noticed by what processes knew of it.

Revises: 0021
"""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

IDENTITY = (Path(__file__).parents[1] / "sql" / "0022_earlier_copies.sql").read_text("utf-8")


def upgrade() -> None:
    op.execute(IDENTITY)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
