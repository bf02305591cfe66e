"""Passwords: how they are hashed and checked, and those that nobody may choose."""
