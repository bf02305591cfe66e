"""Tasks: commands, lists, search and history."""
