"""The rooms of the API that need no database."""
