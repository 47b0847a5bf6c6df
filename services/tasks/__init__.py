"""Tasks: what paused runs ask of people, who may answer, and who did."""
