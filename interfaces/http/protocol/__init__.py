"""What all handlers share: requests, bodies, problems, paging and authentication."""
