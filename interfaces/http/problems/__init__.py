"""Problem documents (RFC 9457): the types, the document and plain messages."""
