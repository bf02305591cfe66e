"""The events of accounts: sessions, tokens, second factors."""
