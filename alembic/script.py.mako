"""${message}.

Revises: ${down_revision | comma,n}
"""

from alembic import op

# A new table needs grants to annals_app. The table of a view belongs to that role, in the schema
# `views` (docs/adr/0023-four-roles.md).

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
