"""The notifications of an account, and the events of a correlation id.

Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX notifications_account ON views.notifications (account, requested_at, id);
CREATE INDEX history_correlation ON views.history (correlation_id, position);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(INDEXES)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute("DROP INDEX views.history_correlation, views.notifications_account")
    op.execute("SET LOCAL ROLE annals_owner")
