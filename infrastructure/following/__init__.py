"""Following the log: subscriptions, checkpoints, lag, dead events. Uses the store."""
