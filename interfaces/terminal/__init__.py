"""Commands for people at a terminal: their tasks, through the public HTTP API."""
