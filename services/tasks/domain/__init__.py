"""The rules of a task, without I/O, clock or chance."""
