"""Live updates by server-sent events and WebSocket."""
