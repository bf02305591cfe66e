"""Addresses and secrets of endpoints are sealed; the secret that signs links is in no table.

Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A migration has no installation secret, so it cannot seal what is there.
EMPTY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM public.endpoints) THEN
        RAISE EXCEPTION 'The webhooks and push subscriptions of this database were added by a'
            ' version of Annals from before the first release. Use an empty database.';
    END IF;
END $$;
"""

ENDPOINTS = """
ALTER TABLE endpoints
    ALTER COLUMN secrets DROP DEFAULT,
    ALTER COLUMN address TYPE bytea USING convert_to(address, 'UTF8'),
    ALTER COLUMN secrets TYPE bytea[] USING '{}';
DROP TABLE signing_secrets;
"""


def upgrade() -> None:
    for statements in (EMPTY, ENDPOINTS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("The log is never taken back; restore a backup instead.")
