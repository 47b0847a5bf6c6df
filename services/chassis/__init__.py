"""What every service needs the same way; it knows no workflow, no run and no task."""
