"""The views of the audit trail: who did what, and the history of each entity."""
