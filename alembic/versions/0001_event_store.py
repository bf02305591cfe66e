"""The log: stored events in the library's layout, never changed, readable without gaps.

Revises:
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The layout of eventsourcing 9.5 (PostgresApplicationRecorder, uuid originators) with what
# it leaves open closed: no NULLs, and numbers from a sequence that never caches.
TABLES = """
CREATE TYPE stored_event_uuid AS (
    originator_id uuid,
    originator_version bigint,
    topic text,
    state bytea
);

CREATE TABLE stored_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);

CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id ASC);

CREATE TABLE notification_tracking (
    application_name text PRIMARY KEY,
    notification_id bigint NOT NULL
);
"""

# What happened cannot be made not to have happened. ENABLE ALWAYS: a session that calls
# itself a replica does not get past these either.
IMMUTABLE = """
CREATE FUNCTION annals_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: what is recorded here is never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER stored_events_refuse_change
    BEFORE UPDATE OR DELETE ON stored_events
    FOR EACH ROW EXECUTE FUNCTION annals_refuse_change();
CREATE TRIGGER stored_events_refuse_truncate
    BEFORE TRUNCATE ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION annals_refuse_change();
ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_refuse_change;
ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_refuse_truncate;
"""

# The published floor. Ids come from a sequence and transactions commit in another order,
# so a reader must know below which id nobody is still writing. Before a statement takes
# its first id, it publishes the highest id allocated so far as a shared advisory lock,
# which is released only after its commit is visible. A reader takes the allocated high S,
# then the least published m, and then, in a newer snapshot, reads up to the smaller:
#   a writer not yet seen among the locks can only receive ids above S;
#   one that is seen lies above its own m; one that has gone is visible.
# The upper 16 bits of the key (0x414E, "AN") tell these locks from all others.
FLOOR = """
CREATE FUNCTION annals_publish_floor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allocated bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END
        INTO allocated FROM stored_events_notification_id_seq;
    PERFORM pg_advisory_xact_lock_shared((x'414E'::bigint << 48) | allocated);
    RETURN NULL;
END $$;

CREATE TRIGGER stored_events_publish_floor
    BEFORE INSERT ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION annals_publish_floor();
ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_publish_floor;

CREATE FUNCTION annals_floor() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    allocated bigint;
    published bigint;
BEGIN
    -- Two statements, in this order: the high first, then who is still writing.
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END
        INTO allocated FROM stored_events_notification_id_seq;
    SELECT min(((classid::bigint & x'FFFF'::bigint) << 32) | objid::bigint)
        INTO published FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1
            AND classid::bigint >> 16 = x'414E'::bigint
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(allocated, published);
END $$;

CREATE FUNCTION annals_read_log(beyond bigint, most integer)
RETURNS TABLE (
    notification_id bigint,
    originator_id uuid,
    originator_version bigint,
    topic text,
    state bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    settled bigint := annals_floor();
BEGIN
    -- VOLATILE: this query sees what was committed when it starts, after the floor was taken.
    RETURN QUERY
        SELECT e.notification_id, e.originator_id, e.originator_version, e.topic, e.state
        FROM stored_events e
        WHERE e.notification_id > beyond AND e.notification_id <= settled
        ORDER BY e.notification_id
        LIMIT most;
    RETURN QUERY SELECT settled, NULL::uuid, NULL::bigint, NULL::text, NULL::bytea;
END $$;
"""


def upgrade() -> None:
    for statements in (TABLES, IMMUTABLE, FLOOR):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
