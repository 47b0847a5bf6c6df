"""The engine's use cases: load, decide, append."""
