-- The fold of the stream $1.
SELECT version, state FROM snapshots WHERE stream_id = $1 LIMIT 1
