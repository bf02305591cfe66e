"""Login with OpenID Connect providers, and the providers linked to an account."""
