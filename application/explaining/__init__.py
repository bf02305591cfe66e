"""Explanations of reminders and notifications, as codes and as words; uses the domain alone."""
