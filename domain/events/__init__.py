"""Every event of the service: what happened, as it is stored for ever."""
