"""PostgreSQL, Valkey, Kafka and a mail server from Python wheels, for `annals dev` and tests."""
