"""Dispatches due reminders and runs periodic jobs. Uses the store."""
