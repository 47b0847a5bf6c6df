"""The use cases of tasks, over ports."""
