"""The embedded stack: PostgreSQL, NATS and the three services as children of one process."""
