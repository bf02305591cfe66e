"""The views of reminders and of what they send: the due ones, notifications and the inbox."""
