"""Builds the parts of each process from the settings. Uses every package beside it."""
