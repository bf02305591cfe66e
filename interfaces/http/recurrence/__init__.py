"""Recurring tasks, their series, and previews of rules."""
