"""Recurrence rules (RFC 5545): read, explained and computed. Uses only errors and records."""
