"""The calendar feed: its secret address, and the tasks of an account as iCalendar (RFC 5545)."""
