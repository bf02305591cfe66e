"""The commands that run a process: serve, project, schedule, work, relay, migrate, dev."""
