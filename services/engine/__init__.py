"""The engine: workflows, runs, nodes, triggers and timers."""
