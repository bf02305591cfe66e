"""Rebuilds and verifies views from the log, beside the live ones. Uses projecting and the store."""
