"""Changes: what each request recorded, in words, and how it is undone."""
