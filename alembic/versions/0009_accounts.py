"""Sessions that a person can recognise and end, and the states of an account.

Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# `end_recorded`: the log has the end as well. A session ends here first, so that its refresh
# token is refused at once; a process that dies in between leaves a row for another one to record.
SESSIONS = """
ALTER TABLE sessions
    ADD COLUMN method text NOT NULL DEFAULT 'password',
    ADD COLUMN device text NOT NULL DEFAULT '',
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN end_reason text,
    ADD COLUMN end_recorded boolean NOT NULL DEFAULT false;

CREATE INDEX sessions_end_unrecorded ON sessions (account_id)
    WHERE ended_at IS NOT NULL AND NOT end_recorded;
"""

ACCOUNTS = """
SET LOCAL ROLE annals_app;
ALTER TABLE views.accounts
    ADD COLUMN email_verified boolean NOT NULL DEFAULT false,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN deleted_at timestamptz;
CREATE INDEX accounts_registered ON views.accounts (registered_at, id);
SET LOCAL ROLE annals_owner;
"""


def upgrade() -> None:
    op.execute(SESSIONS)
    op.execute(ACCOUNTS)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
