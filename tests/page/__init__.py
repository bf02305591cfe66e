"""Tests of the page: its model in Node, the whole of it in Chromium."""
