"""Tasks that are due on a day, and estimates.

Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# No task is due on a day yet, so the rows that exist are right as they are.
#
# A day sorts after the instants of that date in UTC: an index cannot know the zone of each owner,
# and the order stays the same when an owner moves to another zone.
TASK_LIST = """
ALTER TABLE views.task_list ADD due_on date, ADD estimate text;
DROP INDEX views.task_list_due;
CREATE INDEX task_list_due ON views.task_list (
    owner,
    (coalesce(
        due_at,
        ((due_on + 1)::timestamp - interval '1 microsecond') AT TIME ZONE 'UTC',
        'infinity'::timestamptz
    )),
    id
);
"""

INBOX = "ALTER TABLE views.inbox ADD due_on date;"

SERIES_LIST = """
ALTER TABLE views.series_list ADD all_day boolean NOT NULL DEFAULT false, ADD estimate text;
"""

OCCURRENCES = """
ALTER TABLE views.occurrences ADD due_on date, ALTER resolved_at DROP NOT NULL;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    for statements in (TASK_LIST, INBOX, SERIES_LIST, OCCURRENCES):
        op.execute(statements)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute(
        "ALTER TABLE views.occurrences DROP COLUMN due_on;"
        " ALTER TABLE views.series_list DROP COLUMN all_day, DROP COLUMN estimate;"
        " ALTER TABLE views.inbox DROP COLUMN due_on;"
        " ALTER TABLE views.task_list DROP COLUMN estimate, DROP COLUMN due_on;"  # with the index
        " CREATE INDEX task_list_due ON views.task_list"
        " (owner, (coalesce(due_at, 'infinity'::timestamptz)), id)"
    )
    op.execute("SET LOCAL ROLE annals_owner")
