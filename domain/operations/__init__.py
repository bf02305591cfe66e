"""What operators do: what they read, what became of parked events, and the runs that rebuild and
verify views."""
