"""What operators see and do over the API: the log, its readers and parked events."""
