"""The log's rules in the database: no gap in a stream, and a name for each history.

Revises: 0006
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
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

# An INSERT that loses a race for a version is an ERROR in the server's log, with its statement; one
# that is caught is not. The catch costs the winner a subtransaction, so a process appends this way
# only for a while after it has lost a race.
APPEND = """
CREATE FUNCTION annals_try_append(
    streams uuid[], versions bigint[], topics text[], states bytea[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    positions bigint[];
BEGIN
    WITH added AS (
        INSERT INTO public.stored_events (originator_id, originator_version, topic, state)
        SELECT * FROM unnest(streams, versions, topics, states)
        RETURNING notification_id
    )
    SELECT array_agg(notification_id ORDER BY notification_id) INTO positions FROM added;
    RETURN positions;
EXCEPTION WHEN unique_violation THEN
    RETURN NULL;
END $$;
"""

IDENTITY = (Path(__file__).parents[1] / "sql" / "0007_identity.sql").read_text("utf-8")


# Readers of earlier releases went on from the floor; see READING. `lost_events` has what is known
# of events that a reader has taken in and the log no longer has.
READERS = """
UPDATE notification_tracking SET notification_id = least(
    notification_id, (SELECT coalesce(max(e.notification_id), 0) FROM stored_events e)
);

CREATE TABLE lost_events (
    stream uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    action text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recovered_at timestamptz,
    PRIMARY KEY (stream, version, position)
);
"""


def upgrade() -> None:
    for statements in (FLOOR, READING, CONTIGUOUS, APPEND, IDENTITY, READERS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
