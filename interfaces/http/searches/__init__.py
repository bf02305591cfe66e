"""Saved searches: a name for a filter and an order of tasks."""
