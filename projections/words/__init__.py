"""What events and changes did, in words of English and German. Knows events and the history."""
