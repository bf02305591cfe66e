"""The log's rules in the database: no gap in a stream, and names that hold wherever they run.

Revises: 0005
"""

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

# Names are qualified: triggers also fire where the search path is empty (logical replication's
# first copy, `pg_dump --data-only | psql`).
#
# One lock a transaction is enough: the first one published lies below every id the transaction
# draws later. A lock for each statement fills the lock table at some 15,300 single-row inserts.
# The setting is local to the transaction, and a rolled back savepoint takes it back with the lock.
FLOOR = """
CREATE OR REPLACE FUNCTION annals_publish_floor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allocated bigint;
BEGIN
    IF coalesce(current_setting('annals.floor_published', true), '') = '' THEN
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END
            INTO allocated FROM public.stored_events_notification_id_seq;
        PERFORM pg_advisory_xact_lock_shared((x'414E'::bigint << 48) | allocated);
        PERFORM set_config('annals.floor_published', allocated::text, true);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION annals_floor() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    allocated bigint;
    published bigint;
BEGIN
    -- Two statements, in this order: the high first, then who is still writing.
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END
        INTO allocated FROM public.stored_events_notification_id_seq;
    SELECT min(((classid::bigint & x'FFFF'::bigint) << 32) | objid::bigint)
        INTO published FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1
            AND classid::bigint >> 16 = x'414E'::bigint
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(allocated, published);
END $$;
"""

# A reader goes on from the last row it was given, never from the floor. The floor counts ids that
# an aborted insert drew; the sequence may forget those in a crash and draw them again, and a
# reader that had gone past them would never see the events that then get them. A committed row
# is safe: the flush of its commit flushed the sequence as well.
READING = """
CREATE FUNCTION annals_log_end() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    settled bigint := public.annals_floor();
    last bigint;
BEGIN
    -- VOLATILE: this query sees what was committed when it starts, after the floor was taken.
    SELECT max(e.notification_id) INTO last
        FROM public.stored_events e WHERE e.notification_id <= settled;
    RETURN coalesce(last, 0);
END $$;

DROP FUNCTION annals_read_log(bigint, integer);
CREATE FUNCTION annals_read_log(beyond bigint, most integer)
RETURNS TABLE (
    notification_id bigint,
    originator_id uuid,
    originator_version bigint,
    topic text,
    state bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    settled bigint := public.annals_floor();
BEGIN
    RETURN QUERY
        SELECT e.notification_id, e.originator_id, e.originator_version, e.topic, e.state
        FROM public.stored_events e
        WHERE e.notification_id > beyond AND e.notification_id <= settled
        ORDER BY e.notification_id
        LIMIT most;
END $$;
"""

# Version n is refused without version n - 1, whoever writes. Memory of a history that the
# database no longer has (a failover, a restore) cannot leave a hole in a stream.
CONTIGUOUS = """
CREATE FUNCTION annals_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gap record;
BEGIN
    SELECT a.originator_id, a.originator_version INTO gap
        FROM appended a
        -- A scalar subquery is never turned into a join: always one descent of the primary key.
        WHERE a.originator_version > 1 AND (
            SELECT e.originator_version FROM public.stored_events e
            WHERE e.originator_id = a.originator_id
                AND e.originator_version = a.originator_version - 1
        ) IS NULL
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'version % of stream % refused: there is no version %',
            gap.originator_version, gap.originator_id, gap.originator_version - 1
            USING ERRCODE = 'AN001';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER stored_events_refuse_gap
    AFTER INSERT ON stored_events
    REFERENCING NEW TABLE AS appended
    FOR EACH STATEMENT EXECUTE FUNCTION annals_refuse_gap();
ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_refuse_gap;
"""


def upgrade() -> None:
    for statements in (FLOOR, READING, CONTIGUOUS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
