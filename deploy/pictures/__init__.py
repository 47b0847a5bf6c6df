"""Takes the pictures of README and docs from a running Flusso with the demo's data."""
