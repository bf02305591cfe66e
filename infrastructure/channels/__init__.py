"""The ways out: mail, web push and webhooks."""
