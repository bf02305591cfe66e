"""The commands that operators use: views, events, users, keys and more."""
