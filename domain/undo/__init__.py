"""Undo: what a change did to each stream, and the events that put it back; pure.

Uses the aggregates; commands use it.
"""
