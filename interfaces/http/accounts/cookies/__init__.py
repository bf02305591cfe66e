"""The cookies of our own web pages, and what keeps other sites from using them."""
