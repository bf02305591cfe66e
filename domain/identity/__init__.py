"""Sessions, the owners of email addresses, and requests for a new password."""
