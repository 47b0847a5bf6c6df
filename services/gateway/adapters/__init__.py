"""The gateway's tables in PostgreSQL, and its ear on JetStream."""
