"""Changes: what one request recorded, so that it can be undone.

Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHANGES = """
CREATE TABLE views.changes (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    until bigint NOT NULL,
    token_id uuid,
    undoes uuid,
    actions jsonb NOT NULL,
    streams jsonb NOT NULL,
    stream_count integer NOT NULL,
    notifications integer NOT NULL
);
CREATE INDEX changes_account ON views.changes (account, position);
CREATE INDEX changes_undoes ON views.changes (undoes) WHERE undoes IS NOT NULL;
"""

HISTORY = "ALTER TABLE views.history ADD change_id uuid;"


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    for statements in (CHANGES, HISTORY):
        op.execute(statements)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute("ALTER TABLE views.history DROP COLUMN change_id; DROP TABLE views.changes;")
    op.execute("SET LOCAL ROLE annals_owner")
