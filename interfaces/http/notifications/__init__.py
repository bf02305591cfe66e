"""The inbox, preferences, endpoints, links in mails, and dead letters."""
