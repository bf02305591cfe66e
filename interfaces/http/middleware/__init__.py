"""What every request passes: ids, limits, headers, metrics and the access log."""
