"""Lists of tasks.

Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# No task is in a list yet, so the rows that exist are right as they are. The index has tasks of
# lists alone: it costs nothing for the others.
TASK_LIST = """
ALTER TABLE views.task_list ADD list_id uuid;
CREATE INDEX task_list_of_list ON views.task_list (list_id, created_at DESC, id DESC)
    WHERE list_id IS NOT NULL;
"""

SERIES_LIST = """
ALTER TABLE views.series_list ADD list_id uuid;
CREATE INDEX series_list_of_list ON views.series_list (list_id) WHERE list_id IS NOT NULL;
"""

LISTS = """
CREATE TABLE views.lists (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    name text NOT NULL,
    position double precision NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    deleted_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX lists_owner ON views.lists (owner, position, created_at, id);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    for statements in (TASK_LIST, SERIES_LIST, LISTS):
        op.execute(statements)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute(
        "DROP TABLE views.lists;"
        " ALTER TABLE views.series_list DROP COLUMN list_id;"  # with the index
        " ALTER TABLE views.task_list DROP COLUMN list_id;"
    )
    op.execute("SET LOCAL ROLE annals_owner")
