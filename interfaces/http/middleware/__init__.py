"""What every request passes: ids, limits, headers, problems, metrics and the access log."""
