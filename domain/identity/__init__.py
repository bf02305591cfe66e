"""Accounts, their sessions, the owners of email addresses and of logins at providers, and requests
for a new password."""
