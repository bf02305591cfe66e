"""The metrics and health endpoint of a process, and the probes behind it.

Uses the store and telemetry.
"""
