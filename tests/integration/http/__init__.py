"""The API over a real database, called without a network."""
