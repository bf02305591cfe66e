-- What a database is to a process that remembers things: which cluster and table, on which
-- timeline, and since which start. A crash of one backend ends all others without a new start, and
-- loses the last asynchronous commits; an unlogged table is emptied by every recovery, so a token
-- in it is lost exactly then.
--
-- A new history leaps: whoever first connects to one moves the sequence beyond all positions that
-- its predecessor may have given out. Positions that were lost are never given again.

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
