"""Login with OpenID Connect: providers, their keys, and what they prove. Uses channels."""
