"""Fault campaigns: Flusso as real processes under load, faults from a seed, and a checker. See docs/faults.md."""
