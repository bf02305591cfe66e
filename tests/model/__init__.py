"""The protocols of the log between writers, readers and a database that crashes, explored whole."""
