"""Who sent a request: verifies credentials, remembers them, and forgets them as the log says."""
