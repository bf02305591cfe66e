"""Reminders of a task, and why one was sent or not."""
