"""Which logins with OpenID Connect providers have come back: each may do so once.

Revises: 0009
"""

from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = """
CREATE TABLE used_oidc_states (
    state uuid PRIMARY KEY,
    used_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON used_oidc_states TO annals_app;
"""


def upgrade() -> None:
    op.execute(STATES)


def downgrade() -> None:
    op.execute("DROP TABLE used_oidc_states")
