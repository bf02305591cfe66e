"""Quick add: reads a task from one line of English or German; no clock and no I/O."""
