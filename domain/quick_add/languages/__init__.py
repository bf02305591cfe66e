"""The languages of quick add: their words, and what their phrases mean."""
