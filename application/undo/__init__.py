"""Undoing a change, making a task as it was at a version, and previewing what a command records.

Knows every aggregate.
"""
