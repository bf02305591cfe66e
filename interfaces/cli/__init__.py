"""The command line: finds a command and reports its errors."""
