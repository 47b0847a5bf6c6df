-- When the next timer is due, if there is one.
SELECT due_at FROM timers ORDER BY due_at LIMIT 1
