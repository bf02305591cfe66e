"""Searches among the tasks of an account, and those it saved."""
