"""Undoing a change, and making a task as it was at a version. Knows every aggregate."""
