"""Saved searches.

Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SAVED_SEARCHES = """
CREATE TABLE views.saved_searches (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    name text NOT NULL,
    filter jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX saved_searches_owner ON views.saved_searches (owner, created_at, id);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(SAVED_SEARCHES)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute("DROP TABLE views.saved_searches")
    op.execute("SET LOCAL ROLE annals_owner")
