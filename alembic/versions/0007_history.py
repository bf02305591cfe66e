"""The log's rules in the database: no gap in a stream, and a name for each history.

Revises: 0006
"""

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


# What a database is to a process that remembers things: which cluster and table, on which
# timeline, and since which start. A crash of one backend ends all others without a new start, and
# loses the last asynchronous commits; an unlogged table is emptied by every recovery, so a token
# in it is lost exactly then.
#
# A new history leaps: whoever first connects to one moves the sequence beyond all positions that
# its predecessor may have given out. Positions that were lost are never given again.
IDENTITY = """
CREATE UNLOGGED TABLE database_life (token uuid NOT NULL);

CREATE TABLE database_histories (
    origin text NOT NULL,
    timeline integer NOT NULL,
    start bigint NOT NULL,
    last_row bigint NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (origin, timeline, start)
);

-- The cluster, the database and the table: a dump restored within the cluster makes another
-- database, or another table.
CREATE FUNCTION annals_origin() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT format('%s.%s.%s', c.system_identifier, d.oid, 'public.stored_events'::regclass::oid)
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
$$;

-- Not from the control file: that names the old timeline until the next checkpoint.
CREATE FUNCTION annals_timeline() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer
$$;

-- `seen`: the highest position of an event that the caller has seen. A copy of the files or a log
-- that is put back may have the timeline of the original: only the caller's memory tells.
CREATE FUNCTION annals_identity(
    seen bigint DEFAULT 0, OUT identity text, OUT start bigint, OUT last_row bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    leap constant bigint := 1 << 24;
    here constant text := public.annals_origin();
    line integer;
    life uuid;
    before record;
    passed integer := 1;
    last bigint;
    drawn bigint;
BEGIN
    IF pg_is_in_recovery() THEN
        -- A standby has no timeline of its own to write on, and no unlogged tables.
        identity := here || '.standby';
        start := 0;
        last_row := 0;
        RETURN;
    END IF;
    line := public.annals_timeline();
    SELECT l.token INTO life FROM public.database_life l;
    SELECT h.start, h.last_row INTO start, last_row FROM public.database_histories h
        WHERE h.origin = here AND h.timeline = line ORDER BY h.start DESC LIMIT 1;
    IF life IS NULL OR start IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('annals identity'));
        -- Reading must be possible while the standby is away; the next append waits for it.
        PERFORM set_config('synchronous_commit', 'local', true);
        SELECT l.token INTO life FROM public.database_life l;
        IF life IS NULL THEN
            life := gen_random_uuid();
            INSERT INTO public.database_life (token) VALUES (life);
        END IF;
        SELECT h.start, h.last_row INTO start, last_row FROM public.database_histories h
            WHERE h.origin = here AND h.timeline = line ORDER BY h.start DESC LIMIT 1;
    END IF;
    -- In this order: an append between the two may draw more, and commit.
    SELECT coalesce(max(e.notification_id), 0) INTO last FROM public.stored_events e;
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END
        INTO drawn FROM public.stored_events_notification_id_seq s;
    IF start IS NULL THEN
        SELECT h.* INTO before FROM public.database_histories h
            ORDER BY h.start DESC, h.began_at DESC LIMIT 1;
        last_row := last;
        IF before.origin IS NULL AND drawn >= last
            OR before.origin IS DISTINCT FROM here AND drawn = 0 AND last = 0
        THEN
            -- Never used before, or copied before its first use.
            start := 0;
        ELSE
            IF before.origin = here THEN
                -- A second failover may lose the note of the first.
                passed := greatest(1, line - before.timeline);
            END IF;
            start := greatest(drawn, last_row, coalesce(before.start, 0)) + leap * passed;
            PERFORM setval('public.stored_events_notification_id_seq', start);
        END IF;
        INSERT INTO public.database_histories (origin, timeline, start, last_row)
            VALUES (here, line, start, last_row);
    ELSIF drawn < last THEN
        RAISE EXCEPTION 'the sequence of positions lies below the end of the log: new events would'
            ' get positions that readers have passed'
            USING ERRCODE = 'AN002', HINT = 'Run annals migrate --repair-sequence.';
    ELSIF last < seen AND start < seen THEN
        PERFORM pg_advisory_xact_lock(hashtext('annals identity'));
        PERFORM set_config('synchronous_commit', 'local', true);
        SELECT max(h.start) INTO start FROM public.database_histories h
            WHERE h.origin = here AND h.timeline = line;
        IF start < seen THEN  -- nobody has begun a history while we waited
            PERFORM public.annals_begin_history();
            INSERT INTO public.database_life (token) VALUES (gen_random_uuid());
        END IF;
        SELECT l.token INTO life FROM public.database_life l;
        SELECT h.start, h.last_row INTO start, last_row FROM public.database_histories h
            WHERE h.origin = here AND h.timeline = line ORDER BY h.start DESC LIMIT 1;
    END IF;
    identity := format(
        '%s.%s.%s.%s', here, line, extract(epoch FROM pg_postmaster_start_time()), life
    );
END $$;

-- Begins a new history where the database itself does not notice: the sequence fell behind the log,
-- or some tables were restored and others not. Every process forgets what it remembers.
CREATE FUNCTION annals_begin_history() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    leap constant bigint := 1 << 24;
    last bigint;
    start bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('annals identity'));
    LOCK TABLE public.stored_events IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(e.notification_id), 0) INTO last FROM public.stored_events e;
    SELECT leap + greatest(
            last,
            (SELECT s.last_value FROM public.stored_events_notification_id_seq s),
            (SELECT max(h.start) FROM public.database_histories h),
            (SELECT max(t.notification_id) FROM public.notification_tracking t)
        ) INTO start;
    PERFORM setval('public.stored_events_notification_id_seq', start);
    INSERT INTO public.database_histories (origin, timeline, start, last_row)
        VALUES (public.annals_origin(), public.annals_timeline(), start, last);
    DELETE FROM public.database_life;
    RETURN start;
END $$;

-- How many positions in (beyond, until] no event will ever have, since histories leap. The stretch
-- of one history may lie within that of the next: nothing was recorded in it, or all was lost.
CREATE FUNCTION annals_leapt(beyond bigint, until bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(upper(stretch) - lower(stretch)), 0)::bigint
    FROM (
        SELECT range_agg(int8range(greatest(h.last_row, beyond) + 1, least(h.start, until) + 1)) r
        FROM public.database_histories h
        WHERE h.start > beyond AND h.last_row < until
    ) AS left_out, unnest(left_out.r) AS stretch
$$;
"""


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
