"""Applications of others on the log: version 0 is a version, and snapshots have a table.

Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The library lets an application count its versions from 0 on. Our own streams begin at 1.
# NOT VALID spares the scan: the condition that goes has held for every row there is.
VERSIONS = """
ALTER TABLE stored_events
    DROP CONSTRAINT stored_events_originator_version_check,
    ADD CONSTRAINT stored_events_originator_version_check
        CHECK (originator_version >= 0) NOT VALID;
"""

# The layout of eventsourcing 9.5 (PostgresAggregateRecorder). Nothing reads snapshots in order,
# so they have no position; they may be deleted, since events are the truth.
SNAPSHOTS = """
CREATE TABLE stored_snapshots (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);
"""


def upgrade() -> None:
    for statements in (VERSIONS, SNAPSHOTS):
        op.execute(statements)


def downgrade() -> None:
    op.execute("DROP TABLE stored_snapshots")
    op.execute(
        "ALTER TABLE stored_events DROP CONSTRAINT stored_events_originator_version_check,"
        " ADD CONSTRAINT stored_events_originator_version_check CHECK (originator_version > 0)"
    )
