"""Views of a database that nobody projects."""

import psycopg

from projections.catalogue import VIEWS


def caught_up(database_url: str) -> None:
    """Let the views claim every position: without this, any would be waited for in vain."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO notification_tracking SELECT view, 9e18"
            " FROM unnest(%s::text[]) view"
            " ON CONFLICT (application_name) DO UPDATE SET notification_id = 9e18",
            ([view.name for view in VIEWS],),
        )
