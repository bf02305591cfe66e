"""The notifications of an account, the newest first.

Revises: 0013
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX notifications_account ON views.notifications (account, requested_at, id);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(INDEX)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute("DROP INDEX views.notifications_account")
    op.execute("SET LOCAL ROLE annals_owner")
