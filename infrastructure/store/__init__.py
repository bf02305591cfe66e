"""The event store: appending to the log and reading it. Uses the database."""
