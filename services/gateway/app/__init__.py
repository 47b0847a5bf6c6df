"""The gateway's use cases; they see ports, never a driver."""
