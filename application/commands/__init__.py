"""Every command: its fields, who may send it, and which aggregate decides."""
