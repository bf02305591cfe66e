"""The secrets of personal access tokens, as hashes, and when each was last used.

Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What a token may do is in the log; here is what a request is found by. A row whose token the log
# does not have opens nothing.
TABLES = """
CREATE TABLE access_tokens (
    token_hash bytea PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    account_id uuid NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX access_tokens_account_id_idx ON access_tokens (account_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON access_tokens TO annals_app;
"""

VIEW = """
SET LOCAL ROLE annals_app;
ALTER TABLE views.accounts ADD COLUMN tokens jsonb NOT NULL DEFAULT '[]';
SET LOCAL ROLE annals_owner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("DROP TABLE access_tokens")
    op.execute("SET LOCAL ROLE annals_app; ALTER TABLE views.accounts DROP COLUMN tokens")
    op.execute("SET LOCAL ROLE annals_owner")
