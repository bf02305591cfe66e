"""The event store: appending, reading and following the log. Uses the database."""
