"""What the services may know of each other: every message that crosses a boundary, and nothing else."""
