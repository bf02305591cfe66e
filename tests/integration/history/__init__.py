"""Promises that hold when the history of the database gets shorter, with real servers."""
