-- Whoever connects says what it knew of the write-ahead log. A database that knows less is an earlier
-- copy of itself that was put back, even if others have written to it meanwhile.

DROP FUNCTION annals_identity(bigint);
DROP FUNCTION annals_begin_history();

-- `seen`: the highest position of an event that the caller has seen. `known_start` and
-- `known_flushed`: where the history began, and how far the write-ahead log was on disk, when the
-- caller compared last. An earlier copy of the files that is put back has the timeline of the
-- original, and so may a log that is put back alone: only the caller's memory tells.
CREATE FUNCTION annals_identity(
    seen bigint DEFAULT 0, known_start bigint DEFAULT NULL, known_flushed pg_lsn DEFAULT NULL,
    OUT identity text, OUT start bigint, OUT last_row bigint, OUT flushed pg_lsn
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
            start := greatest(drawn, last_row, before.start, known_start) + leap * passed;
            PERFORM setval('public.stored_events_notification_id_seq', start);
        END IF;
        INSERT INTO public.database_histories (origin, timeline, start, last_row)
            VALUES (here, line, start, last_row);
    ELSIF drawn < last THEN
        RAISE EXCEPTION 'the sequence of positions lies below the end of the log: new events would'
            ' get positions that readers have passed'
            USING ERRCODE = 'AN002', HINT = 'Run annals migrate --repair-sequence.';
    ELSIF last < seen AND start < seen OR start < known_start
        -- No crash takes back what was on disk.
        OR start = known_start AND pg_current_wal_flush_lsn() < known_flushed
    THEN
        PERFORM pg_advisory_xact_lock(hashtext('annals identity'));
        PERFORM set_config('synchronous_commit', 'local', true);
        SELECT max(h.start) INTO start FROM public.database_histories h
            WHERE h.origin = here AND h.timeline = line;
        -- Unless somebody has begun a history while we waited.
        IF last < seen AND start < seen OR start < known_start
            OR start = known_start AND pg_current_wal_flush_lsn() < known_flushed
        THEN
            PERFORM public.annals_begin_history(greatest(seen, known_start));
            INSERT INTO public.database_life (token) VALUES (gen_random_uuid());
        END IF;
        SELECT l.token INTO life FROM public.database_life l;
        SELECT h.start, h.last_row INTO start, last_row FROM public.database_histories h
            WHERE h.origin = here AND h.timeline = line ORDER BY h.start DESC LIMIT 1;
    END IF;
    flushed := pg_current_wal_flush_lsn();
    identity := format(
        '%s.%s.%s.%s', here, line, extract(epoch FROM pg_postmaster_start_time()), life
    );
END $$;

-- Begins a new history where the database itself does not notice: the sequence fell behind the log,
-- some tables were restored and others not, or an earlier copy was put back. Every process forgets
-- what it remembers. Its positions lie beyond `beyond`, too.
CREATE FUNCTION annals_begin_history(beyond bigint DEFAULT 0) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
            beyond,
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

-- `annals recover` leaps over positions; that changes no event.
REVOKE EXECUTE ON FUNCTION annals_begin_history(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION annals_begin_history(bigint) TO annals_app;
