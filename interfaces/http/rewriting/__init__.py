"""Requests and responses in another form: HEAD as GET, aliases as our own, compression."""
