"""Services that others would write for the same purpose, to be measured beside ours."""
