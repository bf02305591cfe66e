"""Settings: everything a person can set, in groups, read once from the environment.

Uses records and the reasons not to start, and nothing else of ours.
"""
