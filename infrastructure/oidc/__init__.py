"""Login with OpenID Connect: providers, their keys, and what they say of a person. Uses channels."""
