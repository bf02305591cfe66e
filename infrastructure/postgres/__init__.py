"""Connections to PostgreSQL, queries, migrations and advisory locks. Uses telemetry."""
