-- Claim timeouts that are due by $1, the earliest first, at most $3: nobody else gets them before $2. Never waits for another replica.
WITH due AS MATERIALIZED (
    SELECT task_id FROM task_timeouts WHERE fires_at <= $1 ORDER BY fires_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE task_timeouts SET fires_at = $2 FROM due WHERE task_timeouts.task_id = due.task_id
RETURNING task_timeouts.task_id
