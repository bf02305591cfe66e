"""Rules of recurrence in words: written in English and German, and read from plain words."""
