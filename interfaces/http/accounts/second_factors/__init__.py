"""Second factors: codes of apps, recovery codes, and the login that needs them."""
