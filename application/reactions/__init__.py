"""Reactions: the commands that follow from an event."""
