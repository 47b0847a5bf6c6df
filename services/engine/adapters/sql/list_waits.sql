-- Waits of bucket $1 opened before $2, after task $3, at most $4.
SELECT task_id, run_id FROM waits
WHERE get_byte(uuid_send(task_id), 15) = $1 AND opened_at < $2 AND task_id > $3 ORDER BY task_id LIMIT $4
