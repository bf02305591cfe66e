"""Logging, metrics and tracing. Uses settings."""
