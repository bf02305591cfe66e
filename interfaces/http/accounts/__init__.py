"""Registration, login and administration of accounts."""
