"""The least each role needs, and a mark of the secret the log was begun with.

Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Nothing computed without the secret of the installation may lie in a log that goes on.
EMPTY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM public.stored_events) THEN
        RAISE EXCEPTION 'The log of this database was begun by a version of Annals from before'
            ' the first release. Use an empty database.';
    END IF;
END $$;
"""

# The secret itself is a file with the signing keys. One row, written by the first process.
INSTALLATION = """
CREATE TABLE installation (
    fingerprint text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
GRANT SELECT, INSERT ON installation TO annals_app;
"""

# The app may not choose positions: that column is left to its sequence.
LOG = """
GRANT USAGE ON SCHEMA public TO annals_app;
GRANT SELECT, INSERT (originator_id, originator_version, topic, state)
    ON stored_events TO annals_app;
GRANT USAGE, SELECT ON SEQUENCE stored_events_notification_id_seq TO annals_app;
GRANT SELECT ON alembic_version, database_histories TO annals_app;
GRANT SELECT, INSERT, UPDATE (recovered_at) ON lost_events TO annals_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    notification_tracking, stored_snapshots, dead_events, credentials, sessions, refresh_tokens,
    endpoints, signing_secrets TO annals_app;
"""

# Triggers run in the session of the writer, whose search path could lead to operators of its own.
# A function that runs with the owner's rights looks for nothing in temporary tables.
FUNCTIONS = """
ALTER FUNCTION annals_refuse_change() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_publish_floor() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_refuse_gap() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_origin() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_timeline() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_identity(bigint) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION annals_begin_history() SET search_path = pg_catalog, pg_temp;
-- `annals recover` leaps over positions; that changes no event.
REVOKE EXECUTE ON FUNCTION annals_begin_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION annals_begin_history() TO annals_app;
"""

# A rebuild drops a view's table and puts another in its place, so the app owns those tables, in
# a schema of their own: it can create nothing beside the log. A new view goes there as well:
# `SET LOCAL ROLE annals_app`, and CREATE TABLE views.….
VIEWS = """
CREATE SCHEMA views AUTHORIZATION annals_app;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'task_list', 'history', 'accounts', 'series_list', 'occurrences', 'suggestions',
        'due_reminders', 'notifications', 'inbox', 'inbox_marks'
    ] LOOP
        EXECUTE format('ALTER TABLE public.%I SET SCHEMA views', name);
        EXECUTE format('ALTER TABLE views.%I OWNER TO annals_app', name);
    END LOOP;
END $$;

-- For a shadow of a view; the app could otherwise create any schema, and trusted extensions.
CREATE FUNCTION annals_create_shadow(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name !~ '^rebuild_[a-z_]+_[0-9a-f]{12}$' THEN
        RAISE EXCEPTION '% is no name of a shadow', name USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION annals_app', name);
END $$;
REVOKE EXECUTE ON FUNCTION annals_create_shadow(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION annals_create_shadow(text) TO annals_app;

-- For a person with psql; the processes name it with every connection.
SET LOCAL ROLE annals_app;
ALTER ROLE annals_app SET search_path = public, views;
SET LOCAL ROLE annals_owner;
"""


def upgrade() -> None:
    for statements in (EMPTY, INSTALLATION, LOG, FUNCTIONS, VIEWS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
