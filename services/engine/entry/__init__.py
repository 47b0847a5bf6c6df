"""The ways into the engine: requests, facts of other services, timers."""
