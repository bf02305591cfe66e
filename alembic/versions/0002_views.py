"""The tables of the views, and the events that no view could be given.

Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Words are stemmed as English ones are, but none is dropped as too common: tasks are written
# in every language and "to do" is a fair search. A word of another language is cut the same
# way in the task and in the search, so it is found too; and one configuration, unlike two
# side by side, keeps negation and phrases exact.
WORDS = """
CREATE TEXT SEARCH DICTIONARY annals_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION annals (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION annals
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
    WITH annals_stem;
"""

# The owner is a word of the document, so that one GIN index finds words within one owner's
# tasks: no search can name it by accident, for the parser never yields a word with a colon.
# IMMUTABLE is true of array_to_string for text, which PostgreSQL cannot know in general.
# Then an index for each order one can ask for. Beside the GIN index they are cheap: measured
# per event, 14 of 55 µs and half of the WAL go to that one, 1 to 6 µs to each of these. That
# of updated_at is the dearest, for it ends the updates that would touch no index at all.
TASK_LIST = """
CREATE TYPE task_status AS ENUM ('open', 'completed', 'deleted');
CREATE TYPE task_priority AS ENUM ('low', 'medium', 'high');

CREATE FUNCTION task_document(owner uuid, title text, tags text[], description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['owner:' || owner::text])
        || setweight(to_tsvector('public.annals'::regconfig, title), 'A')
        || setweight(to_tsvector('public.annals'::regconfig, array_to_string(tags, ' ')), 'B')
        || setweight(to_tsvector('public.annals'::regconfig, description), 'C')
$$;

CREATE TABLE task_list (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    status task_status NOT NULL,
    priority task_priority NOT NULL,
    tags text[] NOT NULL,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    deleted_at timestamptz,
    version bigint NOT NULL,
    words tsvector GENERATED ALWAYS AS (task_document(owner, title, tags, description)) STORED
) WITH (fillfactor = 85);

CREATE INDEX task_list_words ON task_list USING gin (words);
CREATE INDEX task_list_created ON task_list (owner, created_at, id);
CREATE INDEX task_list_updated ON task_list (owner, updated_at, id);
CREATE INDEX task_list_priority ON task_list (owner, priority, id);
CREATE INDEX task_list_title ON task_list (owner, title, id);
CREATE INDEX task_list_due ON task_list (owner, (coalesce(due_at, 'infinity'::timestamptz)), id);
"""

# Partitions are made by the projector, ahead of the facts that need them.
HISTORY = """
CREATE TABLE history (
    position bigint NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    version bigint NOT NULL,
    owner uuid NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    changes jsonb NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (position, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX history_entity ON history (entity_id, position);
CREATE INDEX history_owner ON history (owner, position);
CREATE INDEX history_actor ON history (actor, position);

CREATE TRIGGER history_refuse_change
    BEFORE UPDATE OR DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION annals_refuse_change();
CREATE TRIGGER history_refuse_truncate
    BEFORE TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION annals_refuse_change();
ALTER TABLE history ENABLE ALWAYS TRIGGER history_refuse_change;
ALTER TABLE history ENABLE ALWAYS TRIGGER history_refuse_truncate;
"""

ACCOUNTS = """
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE INDEX accounts_email ON accounts (lower(email));
"""

DEAD_EVENTS = """
CREATE TABLE dead_events (
    view text NOT NULL,
    position bigint NOT NULL,
    stream uuid NOT NULL,
    version bigint NOT NULL,
    topic text NOT NULL,
    error text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    discarded_at timestamptz,
    PRIMARY KEY (view, position)
);
"""


def upgrade() -> None:
    for statements in (WORDS, TASK_LIST, HISTORY, ACCOUNTS, DEAD_EVENTS):
        op.execute(statements)


def downgrade() -> None:
    op.execute(
        "DROP TABLE task_list, history, accounts, dead_events;"
        " DROP FUNCTION task_document; DROP TYPE task_status, task_priority;"
        " DROP TEXT SEARCH CONFIGURATION annals; DROP TEXT SEARCH DICTIONARY annals_stem;"
    )
