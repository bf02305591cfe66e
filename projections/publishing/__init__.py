"""What of an event is published to Kafka and live clients, and in which shape."""
