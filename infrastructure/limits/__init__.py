"""Rate limits, stream limits and tickets, counted in Redis. Uses telemetry."""
