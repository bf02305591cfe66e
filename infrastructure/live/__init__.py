"""Live updates: tails the log for SSE and WebSocket clients. Uses the store."""
