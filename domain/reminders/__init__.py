"""Reminders of a task: the request, the reminder with its decisions, and how events change it."""
