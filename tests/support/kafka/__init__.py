"""Brokers to publish to: the embedded one always, Apache Kafka where Java and Maven are."""
