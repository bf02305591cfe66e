"""Quick add: reads a task from one line of English or German; uses recurrence, no clock and no I/O."""
