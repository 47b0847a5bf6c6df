"""The engine's tables, and what it reaches over HTTP."""
