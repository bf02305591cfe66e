"""States of logins, which come back once, and second factors.

Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATES = """
CREATE TABLE used_login_states (
    state uuid PRIMARY KEY,
    used_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON used_login_states TO annals_app;
"""

# Of apps and of passkeys. The secret of an app is sealed under the secret of the installation.
# `last_step`: the time step of the last code that was accepted; none is accepted twice.
FACTORS = """
CREATE TABLE second_factors (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    confirmed boolean NOT NULL DEFAULT false,
    secret bytea,
    last_step bigint,
    credential_id bytea UNIQUE,
    public_key bytea,
    sign_count bigint
);
CREATE INDEX second_factors_account_id_idx ON second_factors (account_id);
CREATE TABLE recovery_codes (
    account_id uuid NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (account_id, digest)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes TO annals_app;
"""


def upgrade() -> None:
    op.execute(STATES)
    op.execute(FACTORS)


def downgrade() -> None:
    op.execute("DROP TABLE recovery_codes, second_factors, used_login_states")
