"""Publishes events to Kafka. Uses the store."""
