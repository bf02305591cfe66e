"""Who is asking: one file or folder per process."""
