-- The fold of task $1.
SELECT state FROM snapshots WHERE stream_id = $1 LIMIT 1
