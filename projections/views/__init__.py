"""Every view, and the queries that read it."""
