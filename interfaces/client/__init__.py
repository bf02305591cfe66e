"""Clients of the public HTTP API: calls, their refusals, and the address and token they use."""
