"""Commands for accounts: sessions, passwords, addresses and tokens."""
