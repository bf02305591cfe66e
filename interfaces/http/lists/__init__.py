"""Lists of tasks: commands, and all of them in their order."""
