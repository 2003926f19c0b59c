"""The Kafka broker that a test run gets: the best of what the machine has."""
