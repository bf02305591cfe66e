"""How it is reached: one file per technology."""
