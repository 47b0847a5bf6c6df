-- The last rebuild.
SELECT state, started_by, started_at, finished_at, after, filled, position, tasks, total, message FROM inbox_rebuild LIMIT 1
