"""Commands for sessions, passwords and the addresses of accounts."""
