"""Every event of the service, as it is stored for ever."""
