"""Indexes of the history and of suggestions that have only what is looked for in them.

Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What accounts did to their own data, nearly all there is, is found by the owner. Suggestions were
# looked for by another condition than that of their index, which therefore never served.
INDEXES = """
DROP INDEX views.history_actor;
CREATE INDEX history_actor ON views.history (actor, position) WHERE actor <> owner::text;
DROP INDEX views.suggestions_owner;
CREATE INDEX suggestions_owner ON views.suggestions (owner, id)
    WHERE NOT recurs AND cardinality(times) >= 3;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")  # it owns the tables of the views
    op.execute(INDEXES)
    op.execute("SET LOCAL ROLE annals_owner")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE annals_app")
    op.execute(
        "DROP INDEX views.history_actor;"
        " CREATE INDEX history_actor ON views.history (actor, position);"
        " DROP INDEX views.suggestions_owner;"
        " CREATE INDEX suggestions_owner ON views.suggestions (owner, id) WHERE rule IS NOT NULL"
    )
    op.execute("SET LOCAL ROLE annals_owner")
