"""Measures the whole stack: `make bench`."""
