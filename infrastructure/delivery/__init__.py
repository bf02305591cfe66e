"""The notification queue and its workers. Uses the store, channels and limits."""
