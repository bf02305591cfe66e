"""Words, sort keys and tags in their normal form: the view computes them, PostgreSQL did before.

Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The rows get their words from the code of the view, so the view begins anew. C: a key sorts by
# its code points, whatever the collation of the database.
#
# The pending entries of a GIN index cost four fifths of a search after writes: few may wait.
TASK_LIST = """
TRUNCATE views.task_list;
ALTER TABLE views.task_list
    ALTER COLUMN words DROP EXPRESSION,
    ALTER COLUMN words SET NOT NULL,
    ADD title_key text COLLATE "C" NOT NULL,
    ADD tag_keys text[] NOT NULL;
ALTER INDEX views.task_list_words SET (gin_pending_list_limit = 128);
DROP INDEX views.task_list_title;
CREATE INDEX task_list_title ON views.task_list (owner, title_key, id);
"""
BEGIN_ANEW = """
DELETE FROM public.notification_tracking WHERE application_name = 'task_list';
DELETE FROM public.dead_events WHERE view = 'task_list';
"""
UNUSED = """
DROP FUNCTION public.task_document;
DROP TEXT SEARCH CONFIGURATION public.annals;
DROP TEXT SEARCH DICTIONARY public.annals_stem;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(TASK_LIST)
    op.execute("SET LOCAL ROLE annals_owner")
    op.execute(BEGIN_ANEW)
    op.execute(UNUSED)


def downgrade() -> None:
    raise NotImplementedError("The words of this version are no words of the one before.")
