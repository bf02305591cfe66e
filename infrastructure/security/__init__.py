"""Passwords, login sessions, tokens and the keys that sign them. Uses the database."""
