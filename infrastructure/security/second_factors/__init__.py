"""Codes of apps, and recovery codes: how they are made, stored and checked."""
