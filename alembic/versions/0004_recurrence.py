"""Series, their occurrences, and habits that look like one.

Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TASK_LIST = """
ALTER TYPE task_status ADD VALUE IF NOT EXISTS 'skipped';
ALTER TABLE task_list ADD skipped_at timestamptz, ADD series_id uuid,
    ADD occurrence timestamp;
CREATE INDEX task_list_series ON task_list (series_id, occurrence) WHERE series_id IS NOT NULL;
"""

SERIES_LIST = """
CREATE TABLE series_list (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    priority task_priority NOT NULL,
    tags text[] NOT NULL,
    reminders text[] NOT NULL,
    rule text NOT NULL,
    start timestamp NOT NULL,
    timezone text NOT NULL,
    excluded timestamp[] NOT NULL,
    anchor text NOT NULL,
    ahead text NOT NULL,
    missed text NOT NULL,
    latest timestamp NOT NULL,
    made bigint NOT NULL,
    next_due timestamptz,
    continues uuid,
    following uuid,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    version bigint NOT NULL
);

CREATE INDEX series_list_owner ON series_list (owner, started_at, id);
-- What a horizon has to be topped up with, and nothing else: the daily look reads only that.
CREATE INDEX series_list_horizon ON series_list (next_due)
    WHERE ahead = 'horizon' AND next_due IS NOT NULL;
"""

OCCURRENCES = """
CREATE TABLE occurrences (
    task_id uuid PRIMARY KEY,
    series_id uuid NOT NULL,
    occurrence timestamp NOT NULL,
    due_at timestamptz,
    resolved_at timestamptz NOT NULL,
    tzdata text NOT NULL,
    completed_at timestamptz,
    skipped_at timestamptz,
    deleted_at timestamptz,
    missed_at timestamptz
);

CREATE INDEX occurrences_series ON occurrences (series_id, occurrence, task_id);
CREATE INDEX occurrences_open ON occurrences (resolved_at, task_id)
    WHERE completed_at IS NULL AND skipped_at IS NULL AND deleted_at IS NULL AND missed_at IS NULL;
"""

SUGGESTIONS = """
CREATE TABLE suggestions (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    title text NOT NULL,
    task_id uuid NOT NULL,
    times timestamptz[] NOT NULL,
    rule text,
    recurs boolean NOT NULL
);

CREATE INDEX suggestions_owner ON suggestions (owner, id) WHERE rule IS NOT NULL;
"""


def upgrade() -> None:
    for statements in (TASK_LIST, SERIES_LIST, OCCURRENCES, SUGGESTIONS):
        op.execute(statements)


def downgrade() -> None:
    # PostgreSQL cannot take a value out of an enumeration; an unused one does no harm.
    op.execute(
        "DROP TABLE series_list, occurrences, suggestions;"
        " ALTER TABLE task_list DROP skipped_at, DROP series_id, DROP occurrence;"
    )
