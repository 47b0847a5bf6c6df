-- The time, and when an engine last looked what was due.
SELECT clock_timestamp() AS now, looked_at FROM schedule_looks LIMIT 1
