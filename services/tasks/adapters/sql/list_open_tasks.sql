-- The pending tasks with ids from $1 to $2 and after $3 (or null) that were opened before $4, at most $5, by id.
SELECT task_id, run_id FROM pending_tasks
WHERE task_id BETWEEN $1 AND $2 AND ($3::uuid IS NULL OR task_id > $3) AND created_at < $4
ORDER BY task_id LIMIT $5
