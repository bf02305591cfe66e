"""Settings: what a person can set, read once from the environment.

Uses nothing else of ours but records.
"""
