"""What the application and the interfaces need of the outside world, as protocols and records."""
