"""What operators see and do: readers of the log, its events, and parked events."""
