"""Batches: many requests in one, each answered as it would be alone, or all recorded together."""
