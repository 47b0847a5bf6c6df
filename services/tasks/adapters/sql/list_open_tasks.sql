-- The pending tasks whose ids end with the byte $1, opened before $2, after task $3 (or null), at most $4, by id.
SELECT task_id, run_id FROM pending_tasks
WHERE get_byte(uuid_send(task_id), 15) = $1 AND created_at < $2 AND ($3::uuid IS NULL OR task_id > $3)
ORDER BY task_id LIMIT $4
