"""The views of tasks and series: lists, search, occurrences and suggestions."""
