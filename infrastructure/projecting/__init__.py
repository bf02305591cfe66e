"""The projector: folds the log into views and runs reactions. Uses the store."""
