"""How a notification is sent: e-mail, web push, webhook. Uses settings, never the database."""
