"""Runs that rebuild and verify views, and their progress.

Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The process that carries runs out is notified of each change.
VIEW_RUNS = """
CREATE TABLE views.view_runs (
    id uuid PRIMARY KEY,
    view text NOT NULL,
    kind text NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    starts integer NOT NULL,
    cancelled_at timestamptz,
    ended_at timestamptz,
    outcome text,
    position bigint,
    rows bigint,
    different bigint NOT NULL,
    parked bigint NOT NULL,
    differences jsonb NOT NULL,
    error text,
    version bigint NOT NULL
);
CREATE INDEX view_runs_latest ON views.view_runs (requested_at, id);
CREATE FUNCTION views.annals_view_runs_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('annals_view_runs', '');
    RETURN NULL;
END $$;
CREATE TRIGGER view_runs_changed AFTER INSERT OR UPDATE ON views.view_runs
    FOR EACH STATEMENT EXECUTE FUNCTION views.annals_view_runs_changed();
"""

# Only of the run that is being carried out; nothing is lost when the server crashes.
PROGRESS = """
CREATE UNLOGGED TABLE view_run_progress (
    run uuid PRIMARY KEY,
    phase text NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    phase_began_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON view_run_progress TO annals_app;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(VIEW_RUNS)
    op.execute("SET LOCAL ROLE annals_owner")
    op.execute(PROGRESS)


def downgrade() -> None:
    op.execute("DROP TABLE view_run_progress")
    op.execute("SET LOCAL ROLE annals_app")
    op.execute("DROP TABLE views.view_runs")
    op.execute("DROP FUNCTION views.annals_view_runs_changed()")
    op.execute("SET LOCAL ROLE annals_owner")
