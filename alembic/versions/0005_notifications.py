"""Reminders, notifications and the inbox; where people are reached, and what signs it.

Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DUE_REMINDERS = """
CREATE TABLE due_reminders (
    id uuid PRIMARY KEY,
    task_id uuid NOT NULL,
    owner uuid NOT NULL,
    due_at timestamptz
) WITH (fillfactor = 85);

CREATE INDEX due_reminders_due ON due_reminders (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX due_reminders_owner ON due_reminders (owner, due_at, id) WHERE due_at IS NOT NULL;
"""

# The indexes hold only what is looked for: what waits, what is dead, what explains a reminder.
NOTIFICATIONS = """
CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    channel text NOT NULL,
    endpoint_id uuid,
    kind text NOT NULL,
    task_id uuid,
    reminder_id uuid,
    digest_id uuid,
    title text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    attempt_at timestamptz,
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    settled_at timestamptz
) WITH (fillfactor = 85);

CREATE INDEX notifications_pending ON notifications (attempt_at) WHERE state = 'pending';
CREATE INDEX notifications_dead ON notifications (settled_at, id) WHERE state = 'dead';
CREATE INDEX notifications_reminder ON notifications (reminder_id) WHERE reminder_id IS NOT NULL;
CREATE INDEX notifications_digest ON notifications (digest_id) WHERE digest_id IS NOT NULL;
"""

INBOX = """
CREATE TABLE inbox (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    task_id uuid,
    reminder_id uuid,
    due_at timestamptz,
    occurred_at timestamptz NOT NULL,
    came_at timestamptz NOT NULL,
    read boolean NOT NULL,
    marked_at timestamptz
) WITH (fillfactor = 85);

CREATE INDEX inbox_account ON inbox (account, came_at, id);

CREATE TABLE inbox_marks (
    account uuid PRIMARY KEY,
    read_until timestamptz NOT NULL
);
"""

# Neither is part of the log, which is kept for ever and read by many: an address that is enough
# to reach somebody, and a secret that is enough to pass for us.
SECRETS = """
CREATE TABLE endpoints (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    secrets text[] NOT NULL DEFAULT '{}',
    rotated_at timestamptz,
    added_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz
);
CREATE INDEX endpoints_account ON endpoints (account);

CREATE TABLE signing_secrets (
    purpose text PRIMARY KEY,
    secret bytea NOT NULL
);
"""


def upgrade() -> None:
    for statements in (DUE_REMINDERS, NOTIFICATIONS, INBOX, SECRETS):
        op.execute(statements)


def downgrade() -> None:
    op.execute(
        "DROP TABLE due_reminders, notifications, inbox, inbox_marks, endpoints, signing_secrets"
    )
