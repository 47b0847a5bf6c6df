"""From the broker to a use case."""
