"""PostgreSQL, as tasks uses it."""
