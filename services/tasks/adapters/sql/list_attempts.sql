-- The refused attempts of task $1 in their order, at most $2, each with how many there were in all; no row if there were none.
SELECT counts.attempts AS total, actor_name, action, code, attempted_at
FROM refused_attempt_counts AS counts JOIN refused_attempts USING (task_id)
WHERE counts.task_id = $1
ORDER BY attempt_id LIMIT $2
