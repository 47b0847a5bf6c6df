-- When the first timer after $1 is due.
SELECT due_at FROM timers WHERE due_at > $1 ORDER BY due_at LIMIT 1
