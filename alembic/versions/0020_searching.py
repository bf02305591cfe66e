"""Indexes that counts and far pages are answered from.

Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# With the status in the index, tasks are counted and pages are skipped without reading the table.
# The time of a change needs no id behind it: few tasks of an owner change at the same moment.
TASK_LIST = """
DROP INDEX views.task_list_created;
CREATE INDEX task_list_created ON views.task_list (owner, created_at, id) INCLUDE (status);
DROP INDEX views.task_list_updated;
CREATE INDEX task_list_updated ON views.task_list (owner, updated_at);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(TASK_LIST)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute(
        "DROP INDEX views.task_list_created;"
        " CREATE INDEX task_list_created ON views.task_list (owner, created_at, id);"
        " DROP INDEX views.task_list_updated;"
        " CREATE INDEX task_list_updated ON views.task_list (owner, updated_at, id)"
    )
    op.execute("SET LOCAL ROLE annals_owner")
