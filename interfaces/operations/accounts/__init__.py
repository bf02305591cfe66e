"""Commands for accounts and their sessions. They act in the name of an operator."""
