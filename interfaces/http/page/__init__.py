"""Serves the page: the files of interfaces/page/, with a strict policy."""
