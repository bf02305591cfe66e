"""What all handlers share: requests, bodies, paging, execution and authentication."""
